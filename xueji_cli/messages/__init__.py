"""Every sentence the program says, in catalogues: `zh/*.toml` and `en/*.toml`, looked up by key."""

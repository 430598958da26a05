"""What `xueji retention` found, for the terminal, for other programs, as a page, and as ledgers to print."""

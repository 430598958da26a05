"""Pseudonyms: identities replaced with a key, the same everywhere it is used, so that a problem can be shared and not the child."""

"""Frozen report data, and one module per output format, each a view of the same report."""

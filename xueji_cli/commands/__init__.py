"""One thin module per subcommand: read → run → render → return a status."""

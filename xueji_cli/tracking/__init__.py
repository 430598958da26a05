"""What happened to every child between two exports: linked, accounted for, and held against the log of movements."""

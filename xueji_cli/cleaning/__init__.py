"""Safe, logged repairs of values; proposals that a person decides on; many tables made one. Frames in, frames out."""

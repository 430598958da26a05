"""The door: any file in, as text with the row numbers the user sees; safe files out."""

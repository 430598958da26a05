"""What one cell means: text, names, ID numbers, dates, phones, classes. Pure functions over Polars columns."""

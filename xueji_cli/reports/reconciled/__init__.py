"""Views of a reconciliation: the terminal, JSON, the county's scoresheet as a workbook, and a page."""

"""Views of what happened between two exports: the terminal, JSON, a workbook of ledgers, and a page."""

"""xueji (学籍): clean and reconcile student records in bulk, offline."""

__version__ = "0.1.0"

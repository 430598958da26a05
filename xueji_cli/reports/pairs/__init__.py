"""What `xueji dedupe` and `xueji link` found: the report, and one module per output format, each a view of it."""

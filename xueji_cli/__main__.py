"""`python -m xueji_cli`."""

from xueji_cli.cli import run

run()

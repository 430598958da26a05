"""`python -m xueji_cli`, and the console script: interrupted while libraries are still imported, it ends as it does later."""

import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run xueji and leave with its exit status."""
    try:
        from xueji_cli.cli import run as begin

        begin()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()

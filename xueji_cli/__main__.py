"""`python -m xueji_cli`."""

import sys

from xueji_cli.cli import main

sys.exit(main())

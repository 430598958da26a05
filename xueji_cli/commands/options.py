"""Options that mean the same in every command, declared once.

Help texts are not here but in the catalogues (`help.toml`), by the name of the parameter; `cli.localise` puts them in.
"""

from typing import Annotated

import typer

Files = Annotated[list[str], typer.Argument(metavar="FILES...", show_default=False)]
SchemaName = Annotated[str | None, typer.Option("--schema", metavar="NAME")]
Pack = Annotated[str | None, typer.Option("--rules", metavar="PACK")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE")]
Sheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME")]
Encoding = Annotated[str | None, typer.Option("--encoding", metavar="NAME")]
HeaderRow = Annotated[int | None, typer.Option("--header-row", metavar="ROW", min=1)]
Mapping = Annotated[list[str] | None, typer.Option("--map", metavar="HEADER=FIELD")]
Select = Annotated[list[str] | None, typer.Option("--select", metavar="CODES")]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES")]
FailOn = Annotated[str | None, typer.Option("--fail-on", metavar="error|warning|notice|never")]
Reveal = Annotated[bool, typer.Option("--reveal")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r")]
Format = Annotated[str | None, typer.Option("--format", metavar="text|json|jsonl|csv")]
Output = Annotated[list[str] | None, typer.Option("--output", "-o", metavar="FILE")]
Config = Annotated[str | None, typer.Option("--config", metavar="FILE")]
Lang = Annotated[str | None, typer.Option("--lang", metavar="zh|en")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v")]
Debug = Annotated[bool, typer.Option("--debug")]

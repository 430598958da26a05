"""Options that mean the same in every command, declared once.

Help texts are not here but in the catalogues (`help.toml`), by the name of the parameter; `commands.help` puts them in.
"""

from typing import Annotated, Literal

import typer

# The group that an option stands in on a long help page: a key of `panels` in help.toml.
_OUTPUT, _READING, _RULES, _MATCHING, _SPARK, _GENERAL = "output", "reading", "rules", "matching", "spark", "general"

Files = Annotated[list[str], typer.Argument(metavar="FILES...", show_default=False)]
SchemaName = Annotated[str | None, typer.Option("--schema", metavar="NAME", rich_help_panel=_READING)]
Pack = Annotated[str | None, typer.Option("--rules", metavar="PACK", rich_help_panel=_RULES)]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", rich_help_panel=_RULES)]
Sheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME", rich_help_panel=_READING)]
Encoding = Annotated[str | None, typer.Option("--encoding", metavar="NAME", rich_help_panel=_READING)]
HeaderRow = Annotated[int | None, typer.Option("--header-row", metavar="ROW", min=1, rich_help_panel=_READING)]
Mapping = Annotated[list[str] | None, typer.Option("--map", metavar="HEADER=FIELD", rich_help_panel=_READING)]
Select = Annotated[list[str] | None, typer.Option("--select", metavar="CODES", rich_help_panel=_RULES)]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", metavar="CODES", rich_help_panel=_RULES)]
FailOn = Annotated[
    Literal["error", "warning", "notice", "never"] | None,
    typer.Option("--fail-on", metavar="error|warning|notice|never", rich_help_panel=_OUTPUT),
]
Classes = Annotated[str | None, typer.Option("--classes", metavar="FILE", rich_help_panel=_RULES)]
Photos = Annotated[str | None, typer.Option("--photos", metavar="DIR", rich_help_panel=_RULES)]
Places = Annotated[int, typer.Option("--places", metavar="N", min=0, rich_help_panel=_OUTPUT)]
Reveal = Annotated[bool, typer.Option("--reveal", rich_help_panel=_OUTPUT)]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", rich_help_panel=_OUTPUT)]
Protect = Annotated[bool, typer.Option("--protect", rich_help_panel=_OUTPUT)]
ProtectFile = Annotated[str | None, typer.Option("--protect-file", metavar="FILE", rich_help_panel=_OUTPUT)]
PasswordFile = Annotated[str | None, typer.Option("--password-file", metavar="FILE", rich_help_panel=_READING)]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", rich_help_panel=_READING)]
Memory = Annotated[str | None, typer.Option("--memory", metavar="SIZE", rich_help_panel=_READING)]
Engine = Annotated[Literal["memory", "spark"], typer.Option("--engine", metavar="memory|spark", rich_help_panel=_SPARK)]
Master = Annotated[str | None, typer.Option("--master", metavar="URL", rich_help_panel=_SPARK)]
Conf = Annotated[list[str] | None, typer.Option("--conf", metavar="K=V", rich_help_panel=_SPARK)]
WorkDir = Annotated[str | None, typer.Option("--work-dir", metavar="DIR", rich_help_panel=_READING)]
Format = Annotated[
    Literal["text", "json", "jsonl", "csv"] | None,
    typer.Option("--format", metavar="text|json|jsonl|csv", rich_help_panel=_OUTPUT),
]
PlainFormat = Annotated[Literal["text", "json"], typer.Option("--format", metavar="text|json")]
Output = Annotated[list[str] | None, typer.Option("--output", "-o", metavar="FILE", rich_help_panel=_OUTPUT)]
CleanOutput = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", rich_help_panel=_OUTPUT)]
ChangeLog = Annotated[list[str] | None, typer.Option("--log", metavar="FILE", rich_help_panel=_OUTPUT)]
Diff = Annotated[bool, typer.Option("--diff", rich_help_panel=_OUTPUT)]
Undo = Annotated[str | None, typer.Option("--undo", metavar="LOG", rich_help_panel=_OUTPUT)]
Unsafe = Annotated[bool, typer.Option("--unsafe", rich_help_panel=_RULES)]
ReferenceList = Annotated[str | None, typer.Option("--reference", metavar="FILE", rich_help_panel=_RULES)]
Template = Annotated[str, typer.Option("--template", metavar="NAME", rich_help_panel=_OUTPUT)]
SplitBy = Annotated[str | None, typer.Option("--split-by", metavar="FIELD", rich_help_panel=_OUTPUT)]
Origin = Annotated[bool, typer.Option("--origin", rich_help_panel=_OUTPUT)]
SchoolNames = Annotated[str | None, typer.Option("--school-names", metavar="FILE", rich_help_panel=_RULES)]
SinceState = Annotated[str | None, typer.Option("--since-state", metavar="FILE", rich_help_panel=_READING)]
RecordKey = Annotated[str | None, typer.Option("--record-key", metavar="FILE", rich_help_panel=_GENERAL)]
Config = Annotated[str | None, typer.Option("--config", metavar="FILE", rich_help_panel=_GENERAL)]
Lang = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", metavar="zh|en", rich_help_panel=_GENERAL)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", rich_help_panel=_GENERAL)]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", rich_help_panel=_GENERAL)]
Debug = Annotated[bool, typer.Option("--debug", rich_help_panel=_GENERAL)]

# Of the commands that compare people.
Left = Annotated[str, typer.Argument(metavar="A", show_default=False)]
Right = Annotated[str, typer.Argument(metavar="B", show_default=False)]
Threshold = Annotated[str | None, typer.Option("--threshold", metavar="P", rich_help_panel=_MATCHING)]
ReviewThreshold = Annotated[str | None, typer.Option("--review-threshold", metavar="P", rich_help_panel=_MATCHING)]
WithinSchool = Annotated[bool, typer.Option("--within-school", rich_help_panel=_MATCHING)]
AcrossSchools = Annotated[bool, typer.Option("--across-schools", rich_help_panel=_MATCHING)]
Many = Annotated[bool, typer.Option("--many", rich_help_panel=_MATCHING)]
DecisionFiles = Annotated[list[str] | None, typer.Option("--decisions", metavar="FILE", rich_help_panel=_MATCHING)]
Plan = Annotated[bool, typer.Option("--plan", rich_help_panel=_MATCHING)]
Explain = Annotated[
    tuple[str, str] | None, typer.Option("--explain", metavar="FILE:ROW FILE:ROW", rich_help_panel=_MATCHING)
]

# Only of `xueji reconcile` and `xueji template`.
_SIDES, _SCORES = "sides", "scores"

System = Annotated[list[str], typer.Argument(metavar="SYSTEM...", show_default=False)]
Actual = Annotated[list[str] | None, typer.Option("--actual", metavar="ACTUAL...", rich_help_panel=_SIDES)]
Schools = Annotated[str | None, typer.Option("--schools", metavar="FILE", rich_help_panel=_SIDES)]
ClassList = Annotated[str | None, typer.Option("--classes", metavar="FILE", rich_help_panel=_SIDES)]
InRoll = Annotated[str | None, typer.Option("--in-roll", metavar="STATES", rich_help_panel=_SIDES)]
Present = Annotated[str | None, typer.Option("--present", metavar="STATES", rich_help_panel=_SIDES)]
Excused = Annotated[str | None, typer.Option("--excused", metavar="WORDS", rich_help_panel=_SIDES)]
Entries = Annotated[list[str] | None, typer.Option("--entries", metavar="FILE", rich_help_panel=_SCORES)]
ScoresheetName = Annotated[str, typer.Option("--scoresheet", metavar="NAME", rich_help_panel=_SCORES)]
PhotoFolder = Annotated[str | None, typer.Option("--photos", metavar="DIR", rich_help_panel=_SCORES)]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, rich_help_panel=_SCORES)]
TextOrJson = Annotated[Literal["text", "json"], typer.Option("--format", metavar="text|json", rich_help_panel=_OUTPUT)]
FormKind = Annotated[str, typer.Argument(metavar="FORM", show_default=False)]
FormSystem = Annotated[list[str] | None, typer.Argument(metavar="[SYSTEM...]", show_default=False)]
FormOutput = Annotated[str, typer.Option("--output", "-o", metavar="FILE")]
Blind = Annotated[bool, typer.Option("--blind")]

# Only of `xueji changes`.
OldExport = Annotated[str, typer.Argument(metavar="OLD", show_default=False)]
NewExport = Annotated[str, typer.Argument(metavar="NEW", show_default=False)]
MoreOld = Annotated[list[str] | None, typer.Option("--old", metavar="FILE", rich_help_panel=_SIDES)]
MoreNew = Annotated[list[str] | None, typer.Option("--new", metavar="FILE", rich_help_panel=_SIDES)]
OldDate = Annotated[str | None, typer.Option("--old-date", metavar="DATE", rich_help_panel=_SIDES)]
NewDate = Annotated[str | None, typer.Option("--new-date", metavar="DATE", rich_help_panel=_SIDES)]
MovementLog = Annotated[list[str] | None, typer.Option("--log", metavar="FILE", rich_help_panel=_SIDES)]

# Only of `xueji retention`.
_LISTS = "lists"


def _lists(name: str, metavar: str) -> object:
    return typer.Option(name, metavar=metavar, rich_help_panel=_LISTS)


Household = Annotated[list[str] | None, _lists("--household", "FILE...")]
Roll = Annotated[list[str] | None, _lists("--roll", "FILE...")]
PresentLists = Annotated[list[str] | None, _lists("--present", "FILE...")]
Focus = Annotated[list[str] | None, _lists("--focus", "FILE...")]
Explained = Annotated[list[str] | None, _lists("--explained", "FILE...")]
Previous = Annotated[list[str] | None, _lists("--previous", "LEDGER...")]
Numbers = Annotated[list[str] | None, _lists("--numbers", "FILE...")]
GroupBy = Annotated[
    Literal["township", "village", "school"],
    typer.Option("--by", metavar="township|village|school", rich_help_panel=_OUTPUT),
]
CaseSheets = Annotated[bool, typer.Option("--cases", rich_help_panel=_OUTPUT)]

# Only of `xueji pseudonymize`.
_KEY = "key"

PseudonymOutput = Annotated[str, typer.Option("--output", "-o", metavar="OUT", rich_help_panel=_OUTPUT)]
KeyFile = Annotated[str | None, typer.Option("--key-file", metavar="FILE", rich_help_panel=_KEY)]
NewKey = Annotated[bool, typer.Option("--new-key", rich_help_panel=_KEY)]
Keep = Annotated[Literal["region"] | None, typer.Option("--keep", metavar="region", rich_help_panel=_KEY)]
ReplaceSchools = Annotated[bool, typer.Option("--schools", rich_help_panel=_KEY)]
KeepUnknown = Annotated[bool, typer.Option("--keep-unknown", rich_help_panel=_KEY)]
TranslationTable = Annotated[str | None, typer.Option("--table", metavar="FILE", rich_help_panel=_OUTPUT)]

"""`xueji template`: blank forms to carry into schools, filled with what is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from xueji_cli.commands import options
from xueji_cli.commands.reconcile import DEFAULT_SCORESHEET

if TYPE_CHECKING:
    from xueji_cli.console import Console
    from xueji_cli.reconciling.prefill import Known
    from xueji_cli.reconciling.scoresheet import Scoresheet
    from xueji_cli.settings import Settings


def template(
    ctx: typer.Context,
    form: options.FormKind,
    system: options.FormSystem = None,
    output: options.FormOutput = ...,  # type: ignore[assignment]
    schools: options.Schools = None,
    classes: options.ClassList = None,
    scoresheet: options.ScoresheetName = DEFAULT_SCORESHEET,
    blind: options.Blind = False,
    as_of: options.AsOf = None,
    password_file: options.PasswordFile = None,
    config: options.Config = None,
    lang: options.Lang = None,
    quiet: options.Quiet = False,
    debug: options.Debug = False,
) -> int:
    """Make a form."""
    from xueji_cli.commands.start import start
    from xueji_cli.errors import UserError
    from xueji_cli.reconciling.scoresheet import load_scoresheet
    from xueji_cli.reports.forms import FORMS, write_form
    from xueji_cli.schema.loading import load_form, load_schema
    from xueji_cli.tables.writing import whole_file

    console, settings = start(ctx)
    if form not in FORMS:
        raise UserError("template_kind", name=form, known=", ".join(FORMS))
    if Path(output).suffix.lower() != ".xlsx":
        raise UserError("template_xlsx", file=output, kind=form)
    if Path(output).exists():
        # A form that is there may be filled already.
        raise UserError("export_exists", file=output)
    folders = settings.schema_folders
    sheet = load_scoresheet(scoresheet, folders)
    known = _known(system or [], schools, settings, sheet, console)
    schemas = {
        "student": load_schema("student", folders),
        "classes": load_schema("class", folders),
        "schools": load_schema("school", folders),
        "headcount": load_form("headcount", folders),
        "entries": load_form("entries", folders),
    }
    with whole_file(output) as temporary:
        write_form(form, temporary, lang=console.lang, known=known, scoresheet=sheet, schemas=schemas, blind=blind)
    console.note(console.text("reconcile.template.written", file=output))
    return 0


def _known(
    system: list[str], schools: str | None, settings: Settings, sheet: Scoresheet, console: Console
) -> Known | None:
    """Return what the given files know; None when none are given."""
    from xueji_cli.commands.reconcile import read_sides
    from xueji_cli.reconciling.engine import Options
    from xueji_cli.reconciling.prefill import known
    from xueji_cli.tables.paths import expand_inputs

    sides = {
        "system": expand_inputs(system) if system else [],
        "actual": [],
        "schools": expand_inputs([schools]) if schools else [],
        "classes": expand_inputs([settings.classes]) if settings.classes else [],
        "entries": [],
    }
    if not any(sides.values()):
        return None
    sources, unreadable = read_sides(sides, settings, console)
    if unreadable:
        # A form with half of the schools in it would be filled as if they were all.
        raise unreadable[0]
    return known(sources, Options(settings.as_of, sheet))

"""JSON: the contract `xueji/changes/v1` for other programs (keys are only ever added)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xueji_cli.messages import catalogue
from xueji_cli.reports.audience import audience
from xueji_cli.reports.changes.view import children_view, findings_view, flow_parts, key_view, log_view
from xueji_cli.reports.machine import dump, input_entry
from xueji_cli.reports.reconciled.view import problem_text

if TYPE_CHECKING:
    from typing import IO, Any

    from xueji_cli.reports.changes.report import ChangesReport
    from xueji_cli.tracking.sides import SideDate

CONTRACT = "xueji/changes/v1"


def write_json(report: ChangesReport, stream: IO[bytes], *, lang: str, reveal: bool) -> None:
    """Write one JSON document (UTF-8), a line per top-level key.

    Args:
        report: What was found.
        stream: Where to.
        lang: Language of the sentences.
        reveal: Show personal data whole.
    """
    stream.write(dump(changes_document(report, lang=lang, reveal=reveal)) + b"\n")


def changes_document(report: ChangesReport, *, lang: str, reveal: bool) -> dict[str, Any]:
    """Return the whole report as plain data."""
    run, result = report.run, report.result
    files = [roster.table.source.path for roster in report.rosters]
    severities = Counter(result.findings["severity"].to_list())
    log = log_view(report, reveal=reveal, lang=lang)
    return {
        "schema": CONTRACT,
        "run": {
            "command": run.command,
            "version": run.version,
            "schema": list(run.schemas),
            "rules": run.rules,
            "as_of": run.as_of,
            "options": dict(run.options),
            "audience": audience(run, lang),
            "old": _date(result.old),
            "new": _date(result.new),
            "school_years": result.years,
            "in_roll": list(result.in_roll),
            "years_without_holidays": list(result.unknown_years),
        },
        "inputs": [
            {"side": side, **input_entry(roster)} for side, roster in zip(report.sides, report.rosters, strict=True)
        ],
        "summary": {
            "rows": {"old": result.rows[0], "new": result.rows[1]},
            "counted": {"old": result.counted[0], "new": result.counted[1]},
            "fates": dict(result.children.group_by("fate").len().sort("fate").iter_rows()),
            "steps": dict(result.children.drop_nulls("step").group_by("step").len().sort("step").iter_rows()),
            "states": result.states.to_dicts(),
            "findings": {name: severities[name] for name in ("error", "warning", "notice")},
            "by_rule": dict(result.findings.group_by("rule").len().sort("rule").iter_rows()),
            "log": None
            if result.log is None
            else {
                "entries": result.log.height,
                "current": int(result.log["current"].sum()),
                "linked": result.log.height - result.log["c"].null_count(),
            },
        },
        "tie_out": _tie_out(report),
        "children": [
            _child(row, files) for row in children_view(report, reveal=reveal, lang=lang).iter_rows(named=True)
        ],
        "key_information": [
            {
                "field": row["field"],
                "what": row["what"],
                "old_value": row["old"],
                "new_value": row["new"],
                "characters": [int(each) for each in row["characters"].split(",") if each],
                "approval": row["approval"],
                "name": row["name"],
                "id_number": row["id_number"],
                "school": row["school"],
                "class": row["class_label"],
                "old": _place(row["table_o"], row["row_o"], files),
                "new": _place(row["table_n"], row["row_n"], files),
            }
            for row in key_view(report, reveal=reveal, lang=lang).iter_rows(named=True)
        ],
        "other_fields": result.others.to_dicts(),
        "log": []
        if log is None
        else [
            {
                "kind": row["kind"],
                "date": row["on"].isoformat() if row["on"] else None,
                "current": row["current"],
                "name": row["name"],
                "id_number": row["id_number"],
                "found": row["found"],
                "fate": row["fate"],
                "rules": row["rules"].split() if row["rules"] else [],
                "place": _place(row["table"], row["row"], files),
            }
            for row in log.iter_rows(named=True)
        ],
        "findings": [
            {
                "code": row["rule"],
                "slug": row["slug"],
                "severity": row["severity"],
                "school": row["school"],
                "grade": row["grade"],
                "class": row["class_label"],
                "name": row["name"],
                "id_number": row["id_number"],
                "message": row["message"],
                "suggestion": row["suggestion"],
                "source": row["source"],
                **{
                    side: _place(row[f"{side}_table"], row[f"{side}_row"], files)
                    for side in ("old", "new", "log", "other")
                },
            }
            for row in findings_view(report, reveal=reveal, lang=lang).iter_rows(named=True)
        ],
        "skipped": [{"code": skipped.code, "lacks": skipped.lacks} for skipped in result.skipped],
        "names": {
            "understood": [
                {"written": written, "school": school, "how": how}
                for naming in result.naming
                for written, school, how in naming.told
            ],
            "unmatched": [
                {"name": each.name, "rows": rows, "file": files[table], "nearest": list(each.nearest)}
                for naming in result.naming
                for each, table, rows in naming.unmatched
            ],
        },
        "problems": [
            {
                "code": problem.key,
                "fatal": problem.fatal,
                "file": problem.file or None,
                "sheet": problem.sheet,
                "row": problem.row,
                "message": problem_text(problem, lang),
            }
            for problem in result.problems
        ],
        "unreadable": [
            {
                "file": error.file,
                "reason": error.key,
                "message": catalogue.text(lang, f"errors.{error.key}", **error.params),
            }
            for error in report.unreadable
        ],
    }


def _date(side: SideDate) -> dict[str, Any]:
    return {"date": side.day.isoformat(), "known_by": side.how, "said": side.said or None}


def _place(table: int | None, row: int | None, files: list[str]) -> dict[str, Any] | None:
    return None if table is None else {"file": files[table], "row": row}


def _flow(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "opening": row["opening"],
        "come": flow_parts(row, "in_"),
        "gone": flow_parts(row, "out_"),
        "closing": row["closing"],
        "ties": row["opening"] + row["come"] - row["gone"] == row["closing"],
    }


def _tie_out(report: ChangesReport) -> dict[str, Any]:
    flows = report.result.flows
    classes = flows.classes.partition_by("school", as_dict=True)
    return {
        "ties": not flows.untied,
        "county": _flow(flows.county.row(0, named=True)),
        "schools": [
            {
                "school": row["school"],
                **_flow(row),
                "classes": [
                    {
                        "grade": each["grade"],
                        "old_class": each["old_label"],
                        "new_class": each["new_label"],
                        **_flow(each),
                    }
                    for each in classes[(row["school"],)].iter_rows(named=True)
                ],
            }
            for row in flows.schools.iter_rows(named=True)
        ],
    }


def _child(row: dict[str, Any], files: list[str]) -> dict[str, Any]:
    halves = {}
    for name, side in (("old", "o"), ("new", "n")):
        place = _place(row[f"table_{side}"], row[f"row_{side}"], files)
        halves[name] = place and {
            **place,
            "school": row[f"school_{side}"],
            "grade": row[f"grade_{side}"],
            "class": row[f"class_label_{side}"],
            "status": row[f"status_{side}"],
        }
    return {
        "fate": row["fate"],
        "known_by": row["by"],
        "step": row["step"],
        "link": row["how"],
        "name": row["name"],
        "id_number": row["id_number"],
        **halves,
        "maybe": _place(row["maybe_table"], row["maybe_row"], files),
        "entry": _place(row["entry_table"], row["entry_row"], files),
    }

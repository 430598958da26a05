"""The county's sheets of a workbook: ranking, groups and items, with charts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xueji_cli.reconciling import county
from xueji_cli.reports.reconciled.view import heads, say, share

if TYPE_CHECKING:
    from xueji_cli.reports.reconciled.book import Book
    from xueji_cli.reports.reconciled.report import ReconcileReport

#: Schools that a chart can show and still be read.
_CHARTED = 40


def add_county(book: Book, report: ReconcileReport, lang: str) -> None:
    """Add ranking, groups and items, with charts."""
    result = report.result
    ranked = county.ranking(result.schools)
    sheet = book.table(
        say(lang, "sheet.ranking"),
        heads(
            lang,
            *(
                "col_rank",
                "col_school",
                "col_group",
                "col_total",
                "col_decided",
                "col_pending",
                "col_system",
                "col_actual",
            ),
            *("col_student_ratio", "col_classes_system", "col_classes_actual", "col_class_ratio"),
        ),
        (
            "number",
            "text",
            "text",
            "points",
            "points",
            "points",
            "number",
            "number",
            "percent",
            "number",
            "number",
            "percent",
        ),
        (
            (
                each.rank if each.rank is not None else say(lang, "pending"),
                each.result.school.name,
                each.result.school.group,
                each.result.total,
                each.result.decided,
                each.result.pending,
                each.result.students[0],
                each.result.students[1],
                share(each.result.student_ratio),
                each.result.classes[0],
                each.result.classes[1],
                share(each.result.class_ratio),
            )
            for each in ranked
        ),
    )
    shown = min(len(ranked), _CHARTED)
    name = sheet.get_name()
    chart = book.book.add_chart({"type": "bar"})
    for column, key in ((6, "col_system"), (7, "col_actual")):
        chart.add_series(
            {
                "name": say(lang, f"sheet.{key}"),
                "categories": [name, 1, 1, shown, 1],
                "values": [name, 1, column, shown, column],
            }
        )
    chart.set_title({"name": say(lang, "sheet.chart_students"), "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 720, "height": 120 + 26 * shown})
    chart.set_legend({"position": "bottom"})
    sheet.insert_chart(len(ranked) + 2, 1, chart)
    groups = county.groups(result)
    if groups:
        book.table(
            say(lang, "sheet.groups"),
            heads(
                lang,
                *("col_group", "col_schools", "col_system", "col_actual", "col_student_ratio"),
                *("col_classes_system", "col_classes_actual", "col_class_ratio", "col_average"),
            ),
            ("text", "number", "number", "number", "percent", "number", "number", "percent", "points"),
            (
                (
                    group.name,
                    group.schools,
                    group.students[0],
                    group.students[1],
                    share(group.student_ratio),
                    group.classes[0],
                    group.classes[1],
                    share(group.class_ratio),
                    group.average if group.average is not None else say(lang, "pending"),
                )
                for group in groups
            ),
        )
    items = county.item_totals(result)
    sheet = book.table(
        say(lang, "sheet.items"),
        heads(
            lang,
            *(
                "col_item",
                "col_item_name",
                "col_points",
                "col_deducted",
                "col_schools",
                "col_computed",
                "col_entered",
                "col_waiting",
            ),
        ),
        ("text", "text", "points", "points", "number", "number", "number", "number"),
        (
            (
                each.item.no,
                each.item.section,
                each.item.points,
                each.deducted,
                each.schools,
                each.computed,
                each.entered,
                each.pending,
            )
            for each in items
        ),
    )
    chart = book.book.add_chart({"type": "bar"})
    name = sheet.get_name()
    chart.add_series(
        {
            "name": say(lang, "sheet.chart_deductions"),
            "categories": [name, 1, 0, len(items), 1],
            "values": [name, 1, 3, len(items), 3],
        }
    )
    chart.set_title({"name": say(lang, "sheet.chart_deductions"), "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    chart.set_size({"width": 720, "height": 120 + 22 * len(items)})
    sheet.insert_chart(len(items) + 2, 1, chart)

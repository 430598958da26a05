"""Bound tables as two frames, whatever shape they came in: people, a row each, and counts, a row per class, grade or school."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.reconciling.problems import Problem
from xueji_cli.tables.table import ROW
from xueji_cli.values import classes, codes, dates, idnumber, names
from xueji_cli.values.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xueji_cli.schema.roster import Roster

#: Schemas of tables that hold no people.
FORMS = ("headcount", "entries")

#: Where a row stands and which class it belongs to, as written; in people and counts alike.
PLACE = {
    "table": pl.UInt32,
    "row": pl.UInt32,
    "school_text": pl.String,
    "school_code": pl.String,
    "file_text": pl.String,
    "grade_text": pl.String,
    "class_text": pl.String,
    "class_code": pl.String,
}
#: What is known about a person. Texts are folded; null where the file has no such column or the cell is blank.
PERSON = {
    "name": pl.String,
    "sex": pl.String,
    "born": pl.Int32,
    "id_number": pl.String,
    "id_valid": pl.Boolean,
    "roll_number": pl.String,
    "status": pl.String,
    "source": pl.String,
    "remark": pl.String,
    "guardian": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "photo": pl.String,
}
PEOPLE_SCHEMA = {**PLACE, **PERSON}
#: `level` is class, grade or school; `students` and `classes` are null where the table does not say.
COUNT_SCHEMA = {**PLACE, "level": pl.String, "students": pl.Int64, "classes": pl.Int64, "combined": pl.String}

#: Field of the student schema → column of people.
_FIELDS = {
    "school_name": "school_text",
    "school_code": "school_code",
    "grade": "grade_text",
    "class_name": "class_text",
    "member1_name": "guardian",
    "phone": "phone",
    "remark": "remark",
    "photo": "photo",
}
_ADDRESSES = ("address", "home_address", "mail_address")
_PHONES = ("phone", "member1_phone", "member2_phone")

#: Oldest age at which a number under a child's name is the child's own (as `checks.derive` has it).
_ADULT = 22
#: More children than this are in no class and no school.
_MOST = {"class": 200, "grade": 3000, "school": 20000}
_NO_NUMBER = r"^(?:无|没有|暂无|不详|未办理|未办|待补|/|-|—|0)$"
_SAID = re.compile(r"^([0-9]{1,5})(?:人|名|个|位|个班|班|生|名学生|个学生)$")
_PLAIN = re.compile(r"^[0-9]{1,5}(?:\.0+)?$")
_SUM = re.compile(r"^(?:合\s*计|总\s*计|小\s*计|共\s*计|全校(?:合计)?|总数)$")


def people(rosters: Sequence[Roster], first: int, as_of: date) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the children of student rosters as one frame (`PEOPLE_SCHEMA`), in the order of the files, and what was left out.

    A row without name and numbers is nobody: a form that was filled in part has such rows. They are told, not counted.

    Args:
        rosters: Tables bound to the student schema.
        first: Number of the first of them; `table` counts from it.
        as_of: The day at which ages are judged.
    """
    if not rosters:
        return pl.DataFrame(schema=PEOPLE_SCHEMA), []
    wanted = ["name", "sex", "birth_date", "id_number", "roll_number", "status", "student_source", *_FIELDS]
    wanted += [*_ADDRESSES, *_PHONES, "boarding"]
    wanted = list(dict.fromkeys(wanted))
    pieces = []
    for number, roster in enumerate(rosters, first):
        present = [name for name in wanted if name in roster.frame.columns]
        piece = roster.frame.select(pl.col(ROW), *present).with_columns(
            table=pl.lit(number, dtype=pl.UInt32), file_text=pl.lit(file_text(roster))
        )
        if "class_name" not in present and (named := _class_of_file(roster, as_of)):
            piece = piece.with_columns(class_name=pl.lit(named))
        pieces.append(piece)
    rows = pl.concat(pieces, how="diagonal").with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in wanted
        if not any(name in piece.columns for piece in pieces)
    )
    schema = rosters[0].schema

    def folded(name: str) -> pl.Series:
        return fold(rows.get_column(name))

    def label(name: str) -> pl.Series:
        table = schema.code_tables[schema.by_name[name].code or ""]
        text, entry, *_ = codes.read(rows.get_column(name), table)
        # What no table knows stays as written: it may be one of the words that explain an absence.
        return entry.to_frame("entry").select(pl.coalesce("entry", text.alias("text"))).to_series()

    written, _ = idnumber.read(rows.get_column("id_number"))
    whole = idnumber.digits(written)
    born_of_number = idnumber.birth(whole)
    sound = (written.str.len_bytes() == 18) & (written.str.slice(17, 1) == idnumber.check_character(whole))
    stated = dates.parse_dates(folded("birth_date")).struct
    today = dates.as_integer(as_of)
    frame = pl.DataFrame(
        {
            "number": written,
            "sound": sound,
            "of_number": born_of_number,
            "stated": stated.field("ymd"),
            "precision": stated.field("precision"),
        }
    )
    age = dates.completed_years(pl.col("of_number"), today)
    own = (pl.col("sound") & (pl.col("of_number") <= today) & (age <= _ADULT)).fill_null(value=False)
    blank = pl.col("number").str.contains(_NO_NUMBER)
    identity = frame.select(
        born=pl.coalesce(pl.when(pl.col("precision") == "day").then("stated"), pl.when(own).then("of_number")),
        id_number=pl.when(~blank).then("number"),
        id_valid=own & ~blank.fill_null(value=False),
    )
    found = rows.select(
        "table",
        ROW,
        *(folded(field).alias(column) for field, column in _FIELDS.items() if column not in ("phone", "remark")),
        file_text="file_text",
        class_code=pl.lit(None, dtype=pl.String),
        name=names.read(rows.get_column("name"))[0],
        sex=label("sex"),
        born=identity.get_column("born"),
        id_number=identity.get_column("id_number"),
        id_valid=identity.get_column("id_valid"),
        roll_number=idnumber.read(rows.get_column("roll_number"))[0],
        status=label("status"),
        source=label("student_source"),
        remark=pl.concat_str(folded("remark"), folded("boarding"), separator=" ", ignore_nulls=True),
        phone=pl.coalesce(*(folded(name) for name in _PHONES)),
        address=pl.coalesce(*(folded(name) for name in _ADDRESSES)),
    ).select(pl.col(name).cast(kind) for name, kind in PEOPLE_SCHEMA.items())
    nobody = pl.all_horizontal(pl.col("name", "id_number", "roll_number").is_null())
    problems = [
        Problem(
            "nobody",
            fatal=False,
            file=rosters[table - first].table.source.path,
            sheet=rosters[table - first].table.source.sheet,
            row=row,
            params={"value": count},
        )
        for table, row, count in found.filter(nobody)
        .group_by("table", maintain_order=True)
        .agg(pl.col(ROW).first(), count=pl.len())
        .iter_rows()
    ]
    return found.filter(~nobody), problems


def _class_of_file(roster: Roster, as_of: date) -> str | None:
    """Return the class that a sheet or file is called after, where no column names it: 一(1)班, 初一3班.xlsx."""
    called = pl.Series([roster.table.source.sheet, file_text(roster)], dtype=pl.String)
    keys = classes.parse_classes(called, None, classes.school_year(as_of)).get_column("key")
    return next((name for name, key in zip(called, keys, strict=True) if key is not None), None)


def file_text(roster: Roster) -> str:
    """Return what a file and its sheet are called: the school of rows that name none may stand there."""
    source = roster.table.source
    return PurePath(source.path.replace("\\", "/")).stem


def counts(rosters: Sequence[Roster], first: int, side: str) -> tuple[pl.DataFrame, list[Problem]]:
    """Return the numbers of headcount tables as one frame (`COUNT_SCHEMA`), and cells that are no numbers.

    Args:
        rosters: Tables bound to the headcount schema, of any of its shapes.
        first: Number of the first of them.
        side: `system` or `actual`: which of two columns of numbers counts in a table that has both.
    """
    frames: list[pl.DataFrame] = []
    problems: list[Problem] = []
    for number, roster in enumerate(rosters, first):
        for frame in _shapes(roster, number, side):
            read, wrong = _numbers(frame, roster)
            frames.append(read)
            problems += wrong
    kept = [frame.select(pl.col(name).cast(kind) for name, kind in COUNT_SCHEMA.items()) for frame in frames]
    return (pl.concat(kept) if kept else pl.DataFrame(schema=COUNT_SCHEMA)), problems


def _shapes(roster: Roster, number: int, side: str) -> list[pl.DataFrame]:
    """Return the rows of a headcount table, one frame for each way in which it holds numbers; numbers still text.

    Each has the columns of `PLACE` and `level`, `students_text`, `classes_text`, `field_students`, `field_classes`, `combined`.
    """
    rows = roster.frame

    def column(name: str) -> pl.Expr:
        return fold(rows.get_column(name)).alias(name) if name in rows.columns else pl.lit(None, dtype=pl.String)  # type: ignore[return-value]

    base = rows.select(
        pl.lit(number, dtype=pl.UInt32).alias("table"),
        pl.col(ROW),
        pl.Series("file_text", [file_text(roster)] * rows.height, dtype=pl.String),
        column("school_name").alias("school_text"),
        column("school_code").alias("school_code"),
        column("grade").alias("grade_text"),
        column("class_name").alias("class_text"),
        column("class_code").alias("class_code"),
        column("combined").alias("combined"),
    )
    no_sum = ~pl.any_horizontal(
        pl.col(name).str.contains(_SUM.pattern).fill_null(value=False)
        for name in ("school_text", "grade_text", "class_text")
    )
    wide_classes = [name for name in roster.columns if re.fullmatch(r"class_[0-9]+", name)]
    wide_grades = [g for g in range(1, 13) if {f"grade_{g}_students", f"grade_{g}_classes"} & set(roster.columns)]
    if wide_classes:
        return [_wide(base, column(name), roster, name).filter(no_sum) for name in wide_classes]
    if wide_grades:
        return [
            base.with_columns(
                grade_text=pl.lit(str(grade)),
                level=pl.lit("grade"),
                students_text=column(f"grade_{grade}_students"),
                classes_text=column(f"grade_{grade}_classes"),
                field_students=pl.lit(f"grade_{grade}_students"),
                field_classes=pl.lit(f"grade_{grade}_classes"),
            ).filter(no_sum & (pl.col("students_text").is_not_null() | pl.col("classes_text").is_not_null()))
            for grade in wide_grades
        ]
    students, classes = (_chosen(roster, name, side) for name in ("students", "classes"))
    level = (
        pl.when(pl.col("class_text").is_not_null() | pl.col("class_code").is_not_null())
        .then(pl.lit("class"))
        .when(pl.col("grade_text").is_not_null())
        .then(pl.lit("grade"))
        .otherwise(pl.lit("school"))
    )
    return [
        base.with_columns(
            level=level,
            students_text=column(students),
            classes_text=column(classes),
            field_students=pl.lit(students),
            field_classes=pl.lit(classes),
        ).filter(no_sum)
    ]


def _wide(base: pl.DataFrame, cells: pl.Expr, roster: Roster, name: str) -> pl.DataFrame:
    """Return one column of a table with a column per class; an empty cell is no class."""
    return base.with_columns(
        class_text=pl.lit(roster.columns[name].header),
        level=pl.lit("class"),
        students_text=cells,
        classes_text=pl.lit(None, dtype=pl.String),
        field_students=pl.lit(name),
        field_classes=pl.lit(name),
    ).filter(pl.col("students_text").is_not_null())


def _chosen(roster: Roster, name: str, side: str) -> str:
    """Return the column of numbers that speaks for a side: its own, or the only one there is."""
    own, other = (f"system_{name}", name) if side == "system" else (name, f"system_{name}")
    return own if own in roster.columns or other not in roster.columns else other


def _numbers(frame: pl.DataFrame, roster: Roster) -> tuple[pl.DataFrame, list[Problem]]:
    """Read the numbers of a frame of `_shapes`. A cell that is none becomes null and a problem; 45人 is 45, and told."""
    problems: list[Problem] = []
    answers: dict[str, list[int | None]] = {}
    for what in ("students", "classes"):
        texts = frame.get_column(f"{what}_text").to_list()
        values: list[int | None] = []
        # A loop over headcount cells: a county has some thousands.
        for place, text in enumerate(texts):
            value, key = _number(text)
            level = frame.get_column("level")[place]
            if value is not None and what == "students" and value > _MOST[level]:
                value, key = None, "count_too_large"
            values.append(value)
            if key:
                problems.append(_problem(key, frame, place, what, roster, value))
        answers[what] = values
    # A class without a number was not counted, which is something else than nobody being there.
    blank = (
        frame.with_row_index("place")
        .filter((pl.col("level") == "class") & pl.col("students_text").is_null())
        .get_column("place")
    )
    if len(blank):
        problems.append(_problem("not_counted", frame, int(blank[0]), "students", roster, len(blank)))
    return (
        frame.with_columns(
            pl.Series("students", answers["students"], dtype=pl.Int64),
            pl.Series("classes", answers["classes"], dtype=pl.Int64),
        ),
        problems,
    )


def _number(text: str | None) -> tuple[int | None, str]:
    """Return a count and the key of what is to be said about it."""
    if text is None:
        return None, ""
    bare = text.replace(",", "").replace(" ", "")
    if _PLAIN.fullmatch(bare):
        return int(float(bare)), ""
    if match := _SAID.fullmatch(bare):
        return int(match[1]), "count_with_word"
    if re.fullmatch(r"[-−－][0-9]+(?:\.[0-9]+)?", bare):
        return None, "count_negative"
    return None, "count_no_number"


def _problem(key: str, frame: pl.DataFrame, place: int, what: str, roster: Roster, value: int | None) -> Problem:
    row = frame.row(place, named=True)
    column = roster.columns.get(row[f"field_{what}"])
    named = " ".join(str(row[name]) for name in ("school_text", "grade_text", "class_text") if row[name])
    return Problem(
        key,
        fatal=key != "count_with_word",
        file=roster.table.source.path,
        sheet=roster.table.source.sheet,
        row=row[ROW],
        letter=column.letter if column else "",
        params={"value": value if value is not None else "", "named": named},
    )

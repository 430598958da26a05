"""The clean form of a cell, by the type of its field: what the readers of `values` take it for, written as the template wants it.

Cells that are plainly right take the short way; only the others are looked at. Each repair is a rule's (`FD07` …), so that
`--select` narrows both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.model import FieldType
from xueji_cli.tables.writing import neutralised
from xueji_cli.values import class_titles, codes, dates, idnumber, names, phones, regions, text
from xueji_cli.values.classes import school_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    from xueji_cli.schema.model import CodeTable, Field

#: What was wrong with the writing of a cell → the rule that says so.
FORM_RULES = {"invisible": "FD07", "apostrophe": "FD07", "space": "FD07", "radical": "FD08", "width": "FD09"}
NAME_RULES = {
    **dict.fromkeys(("space", "apostrophe", "width"), "NM04"),
    **dict.fromkeys(("invisible", "radical"), "NM05"),
    "dot": "NM06",
}

#: Shapes that are surely a number of an identity document once spaces, dashes and small letters are put right.
_NUMBER = r"^(?:[0-9]{17}[0-9X]|[A-Z]{1,3}[0-9]{6,12})$"
_ROLL = r"^[A-Z]{1,2}[0-9]{17}[0-9X]$"
#: Signs that stand for X only if X is what the check digit has to be: a star may hide any digit.
_LIKE_X = r"[×ХхΧχ＊*]\s*$"

#: Columns of the frames that a repair returns.
#:
#: i       position in the column
#: before  as written
#: form    rule about the writing, or null;  formed: the cell with it put right
#: value   rule about the value, or null;    valued: the cell as the template writes it
#: rest    see `change.CHANGE_SCHEMA`
#: left    rule about a cell that stays as it is because its meaning is not certain
_SCHEMA = pl.Schema(
    {
        "i": pl.UInt32(),
        "before": pl.String(),
        "form": pl.String(),
        "formed": pl.String(),
        "value": pl.String(),
        "valued": pl.String(),
        "rest": pl.String(),
        "left": pl.String(),
    }
)

Repairs = pl.DataFrame


@dataclass(frozen=True, slots=True)
class Around:
    """What the meaning of a cell depends on besides the cell.

    Attributes:
        code_tables: Of the schema.
        school_year: Of the day of the run.
        numeric: Field → which cells were stored as numbers.
        grades: Grade as written, of each row.
        schools: Name of the school, of each row.
        school_codes: Its code.
    """

    code_tables: Mapping[str, CodeTable]
    school_year: int
    numeric: Mapping[str, pl.Series] = field(default_factory=dict)
    grades: pl.Series | None = None
    schools: pl.Series | None = None
    school_codes: pl.Series | None = None


def repair(cells: pl.Series, target: Field, around: Around) -> Repairs:
    """Return the repairs of one column, in the order of its rows; the columns of `_SCHEMA`.

    Args:
        cells: As written.
        target: The field they belong to.
        around: What else the meaning depends on.
    """
    match target.type:
        case FieldType.NAME:
            return _names(cells)
        case FieldType.CODE:
            return _codes(cells, around.code_tables[target.code or ""])
        case FieldType.DATE | FieldType.MONTH:
            return _dates(cells, month=target.type is FieldType.MONTH)
        case FieldType.PHONE:
            return _phones(cells)
        case FieldType.ID_NUMBER:
            return _numbers(cells, _NUMBER, around.numeric.get(target.name))
        case FieldType.ROLL_NUMBER:
            return _numbers(cells, _ROLL, around.numeric.get(target.name))
        case FieldType.REGION:
            return _regions(cells)
        case FieldType.CLASS:
            return _classes(cells, around)
        case FieldType.GRADE:
            return _grades(cells, around)
        case _:
            return _texts(cells)


def resolve(repairs: Repairs, wanted: Set[str]) -> pl.DataFrame:
    """Return what becomes of each cell when only some rules are applied: `i`, `before`, `rule`, `after`, `rest`.

    A repair of the value writes the whole cell anew, so it takes the writing along.
    """
    form, value = (pl.col(name).is_in(list(wanted)).fill_null(value=False) for name in ("form", "value"))
    after = pl.when(value).then("valued").when(form).then("formed").otherwise("before")
    return (
        repairs.lazy()
        .select(
            "i",
            "before",
            rule=pl.concat_str(
                pl.when(form).then("form"), pl.when(value).then("value"), separator="+", ignore_nulls=True
            ),
            after=after,
            rest=pl.when(value).then("rest"),
        )
        .filter(pl.col("after").ne_missing(pl.col("before")))
        .collect()
    )


def _frame(cells: pl.Series, positions: pl.Series, **columns: pl.Series | None) -> Repairs:
    """Return the repairs of some cells; columns that are not given are null."""
    given = {name: column for name, column in columns.items() if column is not None}
    made = pl.DataFrame({"i": positions.cast(pl.UInt32), "before": cells.gather(positions), **given})
    return made.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in _SCHEMA.items() if name not in made.columns
    ).select(pl.col(name).cast(dtype) for name, dtype in _SCHEMA.items())


def _nothing() -> Repairs:
    return _SCHEMA.to_frame()


def _places(*masks: pl.Series | None) -> pl.Series:
    """Return the positions at which any of the masks is true."""
    known = [mask.fill_null(value=False) for mask in masks if mask is not None]
    if not known:
        return pl.Series([], dtype=pl.UInt32)
    whole = known[0]
    for mask in known[1:]:
        whole = whole | mask
    return whole.arg_true()


def _filled(flags: pl.Series | None) -> pl.Series | None:
    return None if flags is None else flags.is_not_null()


def _is(flags: pl.Series | None, *kinds: str) -> pl.Series | None:
    return None if flags is None else flags.is_in(kinds)


def _at(flags: pl.Series | None, positions: pl.Series) -> pl.Series:
    if flags is None:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(positions))
    return flags.gather(positions)


def _settled(values: pl.Series, write: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return values written anew until that changes nothing: what one pass uncovers, the next may have to put right."""

    def settle(cells: pl.Series) -> pl.Series:
        for _ in range(4):
            again = write(cells)
            if again.equals(cells, null_equal=True):
                break
            cells = again
        return cells

    return text.on_distinct(values, settle)


def _blank(cells: pl.Series, read: pl.Series) -> pl.Series | None:
    """Return which cells hold nothing but spaces; None when the reader found nothing unusual."""
    return None if read is cells else read.is_null() & cells.is_not_null()


def _form_rules(dirt: pl.Series, blank: pl.Series, rules: dict[str, str], spaces: str) -> pl.Series:
    return dirt.replace_strict(rules, default=None, return_dtype=pl.String).set(blank, spaces)


def _formed(
    cells: pl.Series,
    read: pl.Series,
    dirt: pl.Series | None,
    *also: pl.Series | None,
    rules: dict[str, str] = FORM_RULES,
    spaces: str = "FD07",
    write: Callable[[pl.Series], pl.Series] = text.tidy,
) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    """Return positions to look at, their cells, the rule about the writing of each, and each cell with that put right."""
    blank = _blank(cells, read)
    positions = _places(_filled(dirt), blank, *also)
    before = cells.gather(positions)
    empty = blank.gather(positions) if blank is not None else before.is_null()
    formed = _settled(before, write)
    return positions, before, _unguarded(_form_rules(_at(dirt, positions), empty, rules, spaces), formed), formed


def _unguarded(form: pl.Series, formed: pl.Series) -> pl.Series:
    """Return the rules without those of cells that would read like a formula: their apostrophe is no dirt, it keeps them harmless."""
    guarded = formed.to_frame("v").select(neutralised(pl.col("v")).ne_missing(pl.col("v"))).to_series()
    return form.set(guarded, None)


def _texts(cells: pl.Series) -> Repairs:
    read, dirt = text.read(cells)
    if read is cells:
        return _nothing()
    positions, _, form, formed = _formed(cells, read, dirt)
    return _frame(cells, positions, form=form, formed=formed)


def _names(cells: pl.Series) -> Repairs:
    read, dirt, _ = names.read(cells)
    if read is cells:
        return _nothing()
    positions, _, form, formed = _formed(cells, read, dirt, rules=NAME_RULES, spaces="NM04", write=names.tidy)
    return _frame(cells, positions, form=form, formed=formed)


def _codes(cells: pl.Series, table: CodeTable) -> Repairs:
    read, label, kind, dirt = codes.read(cells, table)
    if read is cells:
        return _nothing()
    positions, _, form, formed = _formed(cells, read, dirt, _filled(kind))
    how = _at(kind, positions)
    value = how.replace_strict({codes.ALIAS: "CD02", codes.CODE: "CD03"}, default=None, return_dtype=pl.String)
    left = how.replace_strict({codes.UNKNOWN: "CD01"}, default=None, return_dtype=pl.String)
    return _frame(cells, positions, form=form, formed=formed, value=value, valued=label.gather(positions), left=left)


def _looked_at(cells: pl.Series, odd: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return, of cells that have to be looked at, the folded text, the rule about the writing, and the cell with that put right."""
    before = cells.gather(odd)
    read, dirt = text.read(before)
    formed = _settled(before, text.tidy)
    everywhere = pl.Series(range(len(odd)), dtype=pl.UInt32)
    form = _form_rules(_at(dirt, everywhere), read.is_null(), FORM_RULES, "FD07")
    return read, _unguarded(form, formed), formed


def _dates(cells: pl.Series, *, month: bool) -> Repairs:
    odd = (~cells.str.contains(r"^[0-9]{6}$" if month else r"^[0-9]{8}$")).arg_true()
    if not len(odd):
        return _nothing()
    read, form, formed = _looked_at(cells, odd)
    parsed = dates.parse_dates(read).struct
    day, precision = parsed.field("date"), parsed.field("precision")
    known = pl.DataFrame({"day": day, "precision": precision, "read": read})
    whole = pl.col("day").is_not_null() if month else pl.col("precision") == "day"
    said = known.select(
        valued=pl.when(whole).then(pl.col("day").dt.to_string("%Y%m" if month else "%Y%m%d")),
        left=pl.when(pl.col("read").is_not_null() & pl.col("day").is_null())
        .then(pl.lit("DT01"))
        .when(pl.col("day").is_not_null() & ~whole)
        .then(pl.lit("DT03")),
    )
    valued = said.get_column("valued")
    value = pl.DataFrame({"valued": valued, "read": read}).select(
        pl.when(pl.col("valued").is_not_null() & (pl.col("valued") != pl.col("read"))).then(pl.lit("DT04"))
    )
    return _frame(
        cells,
        odd,
        form=form,
        formed=formed,
        value=value.to_series(),
        valued=valued,
        left=said.get_column("left"),
    )


def _phones(cells: pl.Series) -> Repairs:
    read, dirt, flaw = phones.read(cells)
    if read is cells:
        return _nothing()
    odd = _is(flaw, phones.FORMAT, phones.SEVERAL, phones.BAD)
    positions, before, form, formed = _formed(cells, read, dirt, odd)
    how, number = _at(flaw, positions), read.gather(positions)
    first, rest = phones.split(formed)
    # The first of several may itself be written 138-1234-5678 by then.
    several = how == phones.SEVERAL
    known = pl.DataFrame({"how": how, "number": number, "first": first, "several": several, "before": before})
    valued = known.select(pl.when("several").then("first").otherwise("number")).to_series()
    value = how.replace_strict({phones.FORMAT: "PH04", phones.SEVERAL: "PH02"}, default=None, return_dtype=pl.String)
    value = value.set(valued.is_null(), None)
    left = how.replace_strict({phones.BAD: "PH01"}, default=None, return_dtype=pl.String)
    left = left.set((several & valued.is_null()).fill_null(value=False), "PH02")
    return _frame(
        cells,
        positions,
        form=form,
        formed=formed,
        value=value,
        valued=valued,
        rest=rest.set(~several.fill_null(value=False), None),
        left=left,
    )


def _numbers(cells: pl.Series, shape: str, numeric: pl.Series | None) -> Repairs:
    read, dirt = idnumber.read(cells)
    if read is cells:
        return _nothing()
    positions, before, form, formed = _formed(cells, read, dirt, read.ne_missing(cells))
    known = pl.DataFrame({"before": before, "number": read.gather(positions)}).with_columns(
        stored=numeric.gather(positions) if numeric is not None else pl.lit(value=False),
        check=idnumber.check_digit_fits(read.gather(positions).str.strip_chars_start("GJL")),
    )
    number = pl.col("number")
    sure = number.str.contains(shape) & ~pl.col("stored").fill_null(value=False)
    doubtful = pl.col("before").str.contains(_LIKE_X) & ~pl.col("check").fill_null(value=False)
    changed = number.ne_missing(pl.col("before"))
    value = known.select(pl.when(sure & ~doubtful & changed).then(pl.lit("ID18"))).to_series()
    # What folding alone puts right is told by the rule about it.
    value = value.set((formed == known.get_column("number")).fill_null(value=False) & form.is_not_null(), None)
    return _frame(cells, positions, form=form, formed=formed, value=value, valued=known.get_column("number"))


def _regions(cells: pl.Series) -> Repairs:
    odd = (~cells.str.contains(r"^[0-9]{12}$")).arg_true()
    if not len(odd):
        return _nothing()
    read, form, formed = _looked_at(cells, odd)
    code = regions.code(read)
    sound = read.str.contains(r"^[0-9]{12}$").fill_null(value=True)
    known = pl.DataFrame({"code": code, "sound": sound, "read": read})
    said = known.select(
        value=pl.when(pl.col("code").is_not_null()).then(pl.lit("CD04")),
        left=pl.when(pl.col("code").is_null() & ~pl.col("sound")).then(pl.lit("CD04")),
    )
    return _frame(cells, odd, form=form, formed=formed, value=said["value"], valued=code, left=said["left"])


def _classes(cells: pl.Series, around: Around) -> Repairs:
    def plain(read: pl.Series, grades: pl.Series | None, stages: pl.Series | None) -> pl.Series:
        return class_titles.plain_classes(read, grades, stages, around.school_year)

    return _titles(cells, class_titles.loose(cells), around, plain)


def _grades(cells: pl.Series, around: Around) -> Repairs:
    def plain(read: pl.Series, _: pl.Series | None, stages: pl.Series | None) -> pl.Series:
        return class_titles.plain_grades(read, stages, around.school_year)

    return _titles(cells, class_titles.loose_grades(cells), around, plain)


def _titles(
    cells: pl.Series,
    odd: pl.Series,
    around: Around,
    plain: Callable[[pl.Series, pl.Series | None, pl.Series | None], pl.Series],
) -> Repairs:
    if not len(odd):
        return _nothing()
    read, form, formed = _looked_at(cells, odd)
    beside = {"grade": around.grades, "school": around.schools, "code": around.school_codes}
    known = {name: column.gather(odd) for name, column in beside.items() if column is not None}
    keys = pl.DataFrame({"read": read, **known})
    # A county has some hundreds of classes, however many pupils.
    distinct = keys.unique()
    schools = [distinct.get_column(name) if name in known else None for name in ("school", "code")]
    stages = school_stages(*schools) if any(each is not None for each in schools) else None
    title = plain(distinct.get_column("read"), distinct.get_column("grade") if "grade" in known else None, stages)
    told = keys.join(
        distinct.with_columns(title.alias("title")),
        on=keys.columns,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    value = told.select(pl.when(pl.col("title").is_not_null()).then(pl.lit("CL09"))).to_series()
    return _frame(cells, odd, form=form, formed=formed, value=value, valued=told.get_column("title"))

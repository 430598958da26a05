"""Columns that rules share, computed once per pool of rows: folded text, ID states, dates, code labels, grades.

Cells that are plainly right take the short way (one regular expression or set look-up over the column); only the others are
looked at closely. On a million rows that is the difference between seconds and minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.codetables import load_code_table
from xueji_cli.schema.model import FieldType
from xueji_cli.schema.roster import NUMERIC
from xueji_cli.values import class_titles, classes, codes, dates, idnumber, names, phones, text

if TYPE_CHECKING:
    from datetime import date

    from xueji_cli.schema.model import Field, Schema

# Suffixes of derived columns, behind the field's name. The name alone is the folded text.
RAW = "#raw"
STATE = "#state"
#: A day as an integer (20120412): of a date, or of a sound ID number.
YMD = "#ymd"
#: Whether a sound ID number is a male's.
MALE = "#male"
#: The 6-digit region of a sound ID number or of a region code, as an integer.
REGION = "#region"
#: 17 digits as an integer: quicker to compare than text. Null where the number is not of that shape.
DIGITS = "#digits"
#: G, J or L of a well-formed roll number; `?` before 18 characters that would do; else `-`.
LETTER = "#letter"
LABEL = "#label"
#: Whether an ID number was tidied; only there when some was.
UNTIDY = "#untidy"
#: How a code cell names its entry when not by its name; only there when some cell does not.
KIND = "#kind"
DATE = "#date"
PRECISION = "#precision"
PLAIN = "#plain"
#: The school year (its first calendar year) that a month lies in.
SCHOOL_YEAR = "#school_year"
#: How the writing of a cell was unclean (`text.DIRT`, `names`); only there when some cell of the column is.
DIRT = "#dirt"
#: What is wrong with a name or telephone number; only there when some cell of the column has it.
FLAW = "#flaw"

#: The grade that a grade or class column names by itself.
GRADE_OF_CLASS = "#grade"
#: The plain name of a class that is loosely written (101, 七3); only there when some class is.
TITLE = "#title"
#: The grade that a class named by its entry year (2021级1班) is in this school year.
GRADE_OF_COHORT = "#cohort"

# Columns about the person, whichever fields they come from.
BORN = "~born"
#: Whether the ID number is sound and the child's own: not an adult's, not the guardian's.
OWN = "~own"
GRADE = "~grade"
STAGE = "~stage"
CLASS = "~class"
#: Number of the row's combination of school, grade and class among those of its pool.
GROUP = "~group"

#: Document types whose number has the shape of a resident ID number.
RESIDENT_TYPES = ("居民身份证", "户口簿", "港澳台居民居住证")

#: Age at which nobody is a pupil any more, and up to which a number under a guardian may be the child's.
ADULT, CHILD = 22, 20

_OTHER_DOCUMENT = r"^[A-Z]{1,3}[0-9]{6,12}$"
#: Numbers of passports, permits, certificates: not more is known of their shapes than this.
_OTHER_SHAPE = r"^[A-Z0-9()]{5,20}$|^\p{Han}{1,4}字第[0-9]{4,12}号$"


def _id_number(
    field: Field, rows: pl.DataFrame, document: pl.Series | None, as_of: date
) -> dict[str, pl.Series | None]:
    """Return the normalised number, its state, and what a sound number says: birth date, sex, region."""
    name = field.name
    raw = rows.get_column(name + RAW)
    number, dirt = idnumber.read(raw)
    numeric = rows.get_column(name + NUMERIC) if name + NUMERIC in rows.columns else None
    whole = idnumber.digits(number)
    # Seventeen digits and one more character; which one, the check digit decides.
    shaped = (number.str.len_bytes() == 18) & (whole >= 10**16)
    birth = idnumber.birth(whole)
    checked = number.str.slice(17, 1) == idnumber.check_character(whole)
    # 999… is the temporary number of another system.
    fits = shaped & checked & (birth <= dates.as_integer(as_of)) & (whole < 999 * 10**14)
    if numeric is not None:
        fits = fits & ~numeric
    fits = fits.fill_null(value=False)
    state = pl.Series(["ok"], dtype=pl.String).new_from_index(0, len(number))
    odd = (~fits).arg_true()
    if len(odd):
        closer = pl.DataFrame(
            {
                "n": number.gather(odd),
                "numeric": numeric.gather(odd) if numeric is not None else None,
                "birth": birth.gather(odd),
                "checked": checked.gather(odd),
                "document": document.gather(odd) if document is not None else None,
            },
            schema_overrides={"numeric": pl.Boolean, "document": pl.String},
        )
        state = text.put(state, odd, closer.select(_state(dates.as_integer(as_of))).to_series())
    untidy = number != raw
    parts = pl.DataFrame({"n": whole, "birth": birth, "sound": fits, "shaped": shaped}).select(
        ymd=pl.when("sound").then("birth"),
        male=pl.when("sound").then(pl.col("n") % 2 == 1),
        region=pl.when("sound").then(pl.col("n") // 10**11).cast(pl.Int32),
        digits=pl.when("shaped").then("n"),
    )
    return {
        "": number,
        DIRT: dirt,
        UNTIDY: untidy if untidy.any() else None,
        STATE: state,
        YMD: parts["ymd"],
        MALE: parts["male"],
        REGION: parts["region"],
        DIGITS: parts["digits"],
    }


def _state(as_of: int) -> pl.Expr:
    n = pl.col("n")
    resident = pl.col("document").is_null() | pl.col("document").is_in(RESIDENT_TYPES)
    shaped = n.str.contains(r"^[0-9]{17}[0-9X]$")
    # Under another document type, or under none, a number of another document's shape is judged by ID16 alone.
    other = pl.when(pl.col("document").is_null()).then(n.str.contains(_OTHER_DOCUMENT)).otherwise(~resident & ~shaped)
    return (
        pl.when(n.is_null())
        .then(pl.lit(None, dtype=pl.String))
        .when(pl.col("numeric") & n.str.contains(r"^[0-9]{16,}$"))
        .then(pl.lit("destroyed"))
        .when(n.str.contains(r"^[0-9](\.[0-9]+)?E\+?[0-9]+$"))
        .then(pl.lit("scientific"))
        .when(other)
        .then(pl.when(n.str.contains(_OTHER_SHAPE)).then(pl.lit("other")).otherwise(pl.lit("odd")))
        .when(n.str.contains(r"^999[0-9]{15}$"))
        .then(pl.lit("temporary"))
        .when(n.str.contains(r"^[0-9]{15}000$") & ~pl.col("checked"))
        .then(pl.lit("destroyed"))
        .when(n.str.contains(r"^[0-9]{15}$"))
        .then(pl.lit("old"))
        .when(~n.str.contains(r"^[0-9]*X?$"))
        .then(pl.lit("characters"))
        .when(n.str.len_chars() != 18)
        .then(pl.lit("length"))
        .when(pl.col("birth").is_null())
        .then(pl.lit("date"))
        .when(pl.col("birth") > as_of)
        .then(pl.lit("future"))
        .when(~pl.col("checked"))
        .then(pl.lit("check"))
        .otherwise(pl.lit("ok"))
    )


def _field(field: Field, rows: pl.DataFrame, schema: Schema) -> dict[str, pl.Series | None]:
    """Return suffix → derived column of one field, except ID numbers, which need their document type first."""
    raw = rows.get_column(field.name + RAW)
    match field.type:
        case FieldType.DATE | FieldType.MONTH:
            clean, dirt = text.read(raw)
            parsed = dates.parse_dates(clean).struct
            parts = {suffix: parsed.field(suffix[1:]) for suffix in (DATE, YMD, PRECISION, PLAIN)}
            if field.type is FieldType.MONTH:
                # Months before August belong to the school year that began the year before.
                ymd = pl.col("ymd")
                year = ymd // 10_000 - (ymd // 100 % 100 < 8).cast(pl.Int32)
                parts[SCHOOL_YEAR] = parts[YMD].to_frame("ymd").select(year).to_series()
            return {"": clean, DIRT: dirt, **parts}
        case FieldType.CODE:
            assert field.code is not None
            clean, label, kind, dirt = codes.read(raw, schema.code_tables[field.code])
            return {"": clean, LABEL: label, KIND: kind, DIRT: dirt}
        case FieldType.NAME:
            clean, dirt, flaw = names.read(raw)
            return {"": clean, DIRT: dirt, FLAW: flaw}
        case FieldType.PHONE:
            clean, dirt, flaw = phones.read(raw)
            return {"": clean, DIRT: dirt, FLAW: flaw}
        case FieldType.ROLL_NUMBER:
            clean, dirt = idnumber.read(raw)
            digits = idnumber.digits(clean.str.slice(1))
            return {"": clean, DIRT: dirt, LETTER: _letter(clean, digits), DIGITS: digits}
        case FieldType.SCHOOL_CODE:
            clean, dirt = text.read(raw)
            return {"": clean, DIRT: dirt, STATE: text.on_distinct(clean, _school_code_states)}
        case FieldType.REGION:
            clean, dirt = text.read(raw)
            n, size = pl.col("n").cast(pl.Int64, strict=False), pl.col("n").str.len_bytes()
            # 6 digits, or 12 of which the first 6 are the county; a sign in front is no digit, but makes an integer.
            number = pl.when((n >= 0) & ~pl.col("n").str.starts_with("+")).then(n)
            region = pl.when(size == 12).then(number // 10**6).when(size == 6).then(number)
            return {"": clean, DIRT: dirt, REGION: clean.to_frame("n").select(region.cast(pl.Int32)).to_series()}
        case _:
            clean, dirt = text.read(raw)
            return {"": clean, DIRT: dirt}


def _school_code_states(codes: pl.Series) -> pl.Series:
    """Return what is wrong with 学校标识码: `form` (not 10 digits), `type` (no such type or province), or `ok`."""
    code = pl.col("code")
    types = [entry.code for entry in load_code_table("school_type").entries]
    known = code.str.head(2).is_in(types) & code.str.slice(2, 2).is_in(idnumber.PROVINCES)
    state = pl.when(~code.str.contains(r"^[0-9]{10}$")).then(pl.lit("form")).when(~known).then(pl.lit("type"))
    return codes.to_frame("code").select(state.otherwise(pl.lit("ok"))).to_series()


def _letter(numbers: pl.Series, digits: pl.Series) -> pl.Series:
    """Return which kind of roll number each is."""
    n, first = pl.col("n"), pl.col("n").str.head(1)
    quick = (pl.col("d") >= 10**16) & (n.str.len_bytes() == 19) & first.is_in(["G", "J", "L"])
    letters = pl.DataFrame({"n": numbers, "d": digits}).select(pl.when(quick).then(first)).to_series()
    odd = letters.is_null().arg_true()
    if not len(odd):
        return letters
    lettered = pl.when(n.str.contains(r"^[A-Z]{1,2}[0-9]{17}[0-9X]$")).then(pl.lit("?")).otherwise(pl.lit("-"))
    closer = numbers.gather(odd).to_frame("n").select(pl.when(n.is_not_null()).then(lettered)).to_series()
    return text.put(letters, odd, closer)


def _document_role(role: str) -> str:
    return role.replace("id_number", "id_type")


def _grades(rows: pl.DataFrame, bound: frozenset[str], school_year: int) -> list[pl.Series]:
    """Return stage, grade and class number of each row, and the grade that each of its two columns names by itself."""
    keys = [name for name in ("grade", "class_name", "school_name", "school_code") if name in bound]
    if not keys:
        types = {STAGE: pl.String, GRADE: pl.UInt8, CLASS: pl.UInt8, GROUP: pl.UInt32}
        return pl.DataFrame(schema=types).clear(rows.height).get_columns()
    # Rosters come class by class: only where a row differs from the one above it begins something to be looked at.
    changes = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in keys)
    starts = rows.select((changes | (pl.int_range(pl.len()) == 0)).alias("start")).to_series()
    runs = rows.filter(starts).select(keys)
    # A county has some hundreds of classes, however many pupils.
    distinct = runs.unique(maintain_order=True).with_row_index(GROUP)

    def column(name: str) -> pl.Series | None:
        return distinct.get_column(name) if name in keys else None

    grade, klass = column("grade"), column("class_name")
    stages = None
    if {"school_name", "school_code"} & bound:
        stages = classes.school_stages(column("school_name"), column("school_code"))
    empty = pl.Series([None] * distinct.height, dtype=pl.String)
    parsed = classes.parse_classes(empty if klass is None else klass, grade, school_year, stages=stages)
    stage = parsed.get_column("stage")
    answers = [
        (stage if stages is None else stage.fill_null(stages)).alias(STAGE),
        parsed.get_column("grade").alias(GRADE),
        parsed.get_column("class_no").alias(CLASS),
    ]
    if grade is not None and klass is not None:
        of_grade = classes.parse_grades(grade, school_year, stages=stages).get_column("grade")
        of_class = classes.parse_classes(klass, None, school_year, stages=stages).get_column("grade")
        # 2021级1班 names a grade only together with the day of the check; a roster of last year is not to be held to this year's.
        a_year_ago = classes.parse_classes(klass, None, school_year - 1, stages=stages).get_column("grade")
        by_year = of_class.ne_missing(a_year_ago)
        answers.append(of_class.set(~by_year, None).alias("class_name" + GRADE_OF_COHORT))
        of_class = of_class.set(by_year, None)
        answers += [of_grade.alias("grade" + GRADE_OF_CLASS), of_class.alias("class_name" + GRADE_OF_CLASS)]
    if klass is not None:
        titles = class_titles.plain_classes(klass, grade, stages, school_year)
        if titles.null_count() < len(titles):
            answers.append(titles.alias("class_name" + TITLE))
    told = runs.join(distinct.with_columns(answers), on=keys, how="left", nulls_equal=True, maintain_order="left")
    return told.select(GROUP, *(answer.name for answer in answers))[starts.cum_sum() - 1].get_columns()


def derive(rows: pl.DataFrame, schema: Schema, *, as_of: date, school_year: int) -> pl.DataFrame:
    """Add the derived columns to a pool of rows.

    Args:
        rows: `table`, `row`, one column per bound field as written, and `<field>#numeric` where cell types are known.
        schema: Their schema.
        as_of: Birth dates after this day lie in the future.
        school_year: Turns `2021级1班` into a grade.

    Returns:
        The rows with, for each field, its folded text under its name, `#raw` as written, and what its type adds:
        ID numbers `#state #ymd #male #region #digits`, roll numbers `#letter #digits`, regions `#region`, dates
        `#date #ymd #precision #plain` (months `#school_year`), codes `#label #kind`, school codes `#state`, grade and class
        `#grade`, and `#dirt` and `#flaw` where some cell has one; and, about the person, `~born ~own ~stage ~grade ~class
        ~group`.
    """
    present = [f for f in schema.fields if f.name in rows.columns]
    bound = frozenset(f.name for f in present)
    rows = rows.rename({f.name: f.name + RAW for f in present})
    ids = [f for f in present if f.type is FieldType.ID_NUMBER]
    columns: dict[str, pl.Series] = {}

    def keep(field: Field, parts: dict[str, pl.Series | None]) -> None:
        for suffix, part in parts.items():
            if part is not None:
                columns[field.name + suffix] = part.alias(field.name + suffix)

    for field in present:
        if field not in ids:
            keep(field, _field(field, rows, schema))
    for field in ids:
        keep(field, _id_number(field, rows, columns.get(_document_role(field.name) + LABEL), as_of))
    rows = rows.with_columns(columns.values())
    return rows.with_columns(_born(bound), *_grades(rows, bound, school_year)).with_columns(_own(bound, as_of))


def states(rows: pl.DataFrame) -> frozenset[tuple[str, str]]:
    """Return (field, state) for every state that occurs in derived rows: a rule about another one has nothing to look for."""
    columns = [name for name in rows.columns if name.endswith(STATE)]
    return frozenset(
        (name.removesuffix(STATE), state) for name in columns for state in rows[name].unique().drop_nulls()
    )


def _born(bound: frozenset[str]) -> pl.Expr:
    """Return the birth date as an integer: the one stated, or that of a sound ID number."""
    known = [pl.lit(None, dtype=pl.Int32)]
    if "id_number" in bound:
        known.insert(0, pl.col("id_number" + YMD))
    if "birth_date" in bound:
        known.insert(0, pl.when(pl.col("birth_date" + PRECISION) == "day").then(pl.col("birth_date" + YMD)))
    return pl.coalesce(known).alias(BORN)


def _own(bound: frozenset[str], as_of: date) -> pl.Expr:
    """Return whether the number under the child's name speaks of the child."""
    if "id_number" not in bound:
        return pl.lit(value=False).alias(OWN)
    born, digits = pl.col("id_number" + YMD), pl.col("id_number" + DIGITS)
    age = dates.completed_years(born, dates.as_integer(as_of))
    guardian = [
        (digits == pl.col(f"{m}_id_number{DIGITS}")) for m in ("member1", "member2") if f"{m}_id_number" in bound
    ]
    others = pl.any_horizontal(guardian).fill_null(value=False) & (age > CHILD) if guardian else pl.lit(value=False)
    return (born.is_not_null() & (age <= ADULT) & ~others).alias(OWN)

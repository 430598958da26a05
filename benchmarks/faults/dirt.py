"""Dirt: what is wrong with how a cell is written, never with what it means. Each kind gives the cell as it should be, and dirty.

One small function for each kind that a safe repair covers. A function may choose another clean value (a region that is a whole
county, so that the county's name means it), but the dirty one always means the clean one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from benchmarks.dice import Dice
from benchmarks.faults.fault import Chance, Row

#: (clean, dirty, what goes to the column at the right), or None where this row won't do.
Pair = tuple[str, str] | tuple[str, str, str]
Soil = Callable[[Row, str, Chance], Pair | None]

_FULL = {ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_RADICALS = str.maketrans("子文高金方白石田立心玉雨舟韦马龙长贝", "⼦⽂⾼⾦⽅⽩⽯⽥⽴⼼⽟⾬⾈⻙⻢⻰⻓⻉")
_HIDDEN = "\u200b\ufeff\u200e\u00ad\u2060"
_NUMBERS = ("id_number", "roll_number", "phone", "member1_phone", "member1_id_number")
_WORDS = ("name", "address", "member1_name", "school_name")
_GRADES = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Dirt:
    """One kind of dirt and the fields that it falls on."""

    kind: str
    fields: tuple[str, ...]
    soil: Soil


DIRT: list[Dirt] = []


def dirt(*fields: str) -> Callable[[Soil], Soil]:
    """Register a function under its own name."""

    def register(soil: Soil) -> Soil:
        DIRT.append(Dirt(soil.__name__, fields, soil))
        return soil

    return register


@dirt(*_NUMBERS)
def apostrophe(row: Row, cell: str, chance: Chance) -> Pair:
    return cell, "'" + cell


@dirt(*_NUMBERS, *_WORDS, "birth_date", "sex")
def stray_tab(row: Row, cell: str, chance: Chance) -> Pair:
    return cell, cell + "\t"


@dirt(*_NUMBERS, *_WORDS, "ethnicity", "class_name", "hukou_place", "entry_month")
def spaces_around(row: Row, cell: str, chance: Chance) -> Pair:
    space = chance.choice([" ", "\u3000", "\u00a0", "  "])
    return cell, chance.choice([space + cell, cell + space])


@dirt(*_NUMBERS, *_WORDS, "political_status", "boarding")
def invisible(row: Row, cell: str, chance: Chance) -> Pair:
    at = chance.randrange(len(cell) + 1)
    return cell, cell[:at] + chance.choice(_HIDDEN) + cell[at:]


@dirt(*_NUMBERS, "school_code", "birth_date")
def full_width(row: Row, cell: str, chance: Chance) -> Pair:
    return cell, cell.translate(_FULL)


@dirt(*_NUMBERS[:2])
def spaces_inside_number(row: Row, cell: str, chance: Chance) -> Pair | None:
    sign = chance.choice([" ", "-"])
    whole = cell[-18:]
    return (cell, sign.join([cell[:-12], cell[-12:-4], cell[-4:]])) if whole[:6].isdigit() and len(cell) >= 18 else None


@dirt("id_number", "roll_number", "member1_id_number")
def small_x(row: Row, cell: str, chance: Chance) -> Pair | None:
    return (cell, cell[:-1] + chance.choice("xｘ×Ⅹ")) if cell.endswith("X") else None


@dirt("name")
def padded_name(row: Row, cell: str, chance: Chance) -> Pair | None:
    return (cell, chance.choice([" ", "  ", "\u3000"]).join(cell)) if len(cell) == 2 and "·" not in cell else None


@dirt("name")
def dot_variant(row: Row, cell: str, chance: Chance) -> Pair | None:
    return (cell, cell.replace("·", chance.choice("•・‧∙⋅．.。"))) if "·" in cell else None


@dirt("name", "address", "member1_name")
def radicals(row: Row, cell: str, chance: Chance) -> Pair | None:
    dirty = cell.translate(_RADICALS)
    return (cell, dirty) if dirty != cell else None


@dirt("birth_date")
def date_spelling(row: Row, cell: str, chance: Chance) -> Pair:
    year, month, day = cell[:4], int(cell[4:6]), int(cell[6:])
    forms = (
        f"{year}.{month}.{day}",
        f"{year}-{month}-{day}",
        f"{year}/{month:02}/{day:02}",
        f"{year}年{month}月{day}日",
        f"{year}、{month}、{day}",
        f"{year}。{month}。{day}",
        f"{year}—{month}—{day}",
        f"{year}/{month}/{day} 0:00:00",
        f"{year}-{month:02}-{day:02}",
    )
    return cell, chance.choice(forms)


@dirt("birth_date")
def date_serial(row: Row, cell: str, chance: Chance) -> Pair:
    days = date(int(cell[:4]), int(cell[4:6]), int(cell[6:])) - date(1899, 12, 30)
    return cell, str(days.days)


@dirt("entry_month")
def month_spelling(row: Row, cell: str, chance: Chance) -> Pair:
    year, month = cell[:4], int(cell[4:6])
    return cell, chance.choice([f"{year}年{month}月", f"{year}.{month:02}", f"{year}-{month}", f"{year}/{month:02}/01"])


@dirt("ethnicity")
def ethnicity_without_zu(row: Row, cell: str, chance: Chance) -> Pair | None:
    return (cell, cell[:-1]) if cell in ("汉族", "回族", "满族", "土家族", "蒙古族") else None


@dirt("sex")
def sex_code(row: Row, cell: str, chance: Chance) -> Pair:
    code = {"男": "1", "女": "2"}[cell]
    return cell, chance.choice([code, f"{code}-{cell}", f"{cell}性"])


@dirt("political_status")
def young_pioneer(row: Row, cell: str, chance: Chance) -> Pair | None:
    return (cell, "少先队员") if cell == "群众" else None


@dirt("phone", "member1_phone")
def decorated_phone(row: Row, cell: str, chance: Chance) -> Pair:
    dashed = f"{cell[:3]}-{cell[3:7]}-{cell[7:]}"
    return cell, chance.choice([dashed, dashed.replace("-", " "), f"+86{cell}", f"86-{cell}"])


@dirt("phone")
def two_phones(row: Row, cell: str, chance: Chance) -> Pair:
    second = f"139{chance.randrange(10**7, 10**8)}"
    return cell, cell + chance.choice(["/", "、", " ", "，"]) + second, second


@dirt("hukou_place")
def county_name(row: Row, cell: str, chance: Chance) -> Pair:
    six, names = chance.choice(
        [
            ("341323", ["灵璧县", "安徽省灵璧县", "安徽省宿州市灵璧县", "341323"]),
            ("350122", ["连江县", "福建省福州市连江县", "350122"]),
            ("110105", ["北京市朝阳区", "110105"]),
        ]
    )
    return f"{six}000000", chance.choice(names)


@dirt("class_name")
def class_spelling(row: Row, cell: str, chance: Chance) -> Pair | None:
    grade = _GRADES.find(row["grade"][0]) + 1
    if not grade or not row["grade"].endswith("年级"):
        return None
    number = chance.randrange(1, 10)
    han = _GRADES[grade - 1]
    forms = [
        f"{grade}{number:02}",
        f"{han}{number}",
        f"{grade}-{number}",
        f"{grade}({number})班",
        f"{han}年级{_GRADES[number - 1]}班",
    ]
    if grade >= 7:
        forms += [f"初{_GRADES[grade - 7]}({number})", f"初{_GRADES[grade - 7]}{number}"]
    return f"{han}年级{number}班", chance.choice(forms)


@dirt("grade")
def grade_number(row: Row, cell: str, chance: Chance) -> Pair | None:
    grade = _GRADES.find(cell[0]) + 1
    # 1 to 4 count from another grade in a junior school.
    if grade < 5 or not cell.endswith("年级"):
        return None
    return cell, chance.choice([str(grade), _GRADES[grade - 1]])


@dataclass(frozen=True, slots=True)
class Soiled:
    """A roster with dirt.

    Attributes:
        right: Every cell as it should be.
        dirty: The same with dirt.
        labels: `i`, `field`, `kind`, `rest`: one line a dirty cell.
    """

    right: pl.DataFrame
    dirty: pl.DataFrame
    labels: pl.DataFrame


def soil(people: pl.DataFrame, fields: frozenset[str], *, seed: int, share: float = 0.1) -> Soiled:
    """Return a roster with dirt in about this share of its rows, one cell a row, all kinds about equally often.

    Args:
        people: From `make_people`.
        fields: Fields that the file will have.
        seed: Fixes the choice.
        share: Share of rows.
    """
    kinds = [each for each in DIRT if set(each.fields) & fields]
    order = people.select("i", order=Dice(seed).draw("dirt")).sort("order")["i"].head(round(people.height * share))
    chance = Chance.over(seed, fields, set())
    right: dict[str, dict[int, str]] = {}
    dirty: dict[str, dict[int, str]] = {}
    labels: list[tuple[int, str, str, str | None]] = []
    names = sorted({name for each in kinds for name in each.fields if name in fields})
    rows = people.select("i", *dict.fromkeys([*names, "grade"])).filter(pl.col("i").is_in(order.implode()))
    for number, row in enumerate(rows.iter_rows(named=True)):
        # The kind that is next; where this row has no cell for it, the one after that.
        for offset in range(len(kinds)):
            kind = kinds[(number + offset) % len(kinds)]
            field = chance.choice([name for name in kind.fields if name in fields])
            pair = kind.soil(row, row[field], chance) if row[field] else None
            if pair is not None:
                i = row["i"]
                right.setdefault(field, {})[i] = pair[0]
                dirty.setdefault(field, {})[i] = pair[1]
                labels.append((i, field, kind.kind, pair[2] if len(pair) > 2 else None))
                break
    return Soiled(
        _with(people, right),
        _with(people, dirty),
        pl.DataFrame(labels, schema=["i", "field", "kind", "rest"], orient="row"),
    )


def _with(people: pl.DataFrame, cells: dict[str, dict[int, str]]) -> pl.DataFrame:
    return people.with_columns(
        people[name].clone().scatter(list(changed), pl.Series(list(changed.values()), dtype=pl.String))
        for name, changed in cells.items()
    )

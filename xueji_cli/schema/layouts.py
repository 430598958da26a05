"""Layouts of local roll numbers (学籍辅号): which digits are the county, the school, the entry year, the place in the series.

Two counties use the same length with different parts, so a layout is chosen by configuration, never guessed. The table
is `schemas/layouts.csv`; users add theirs beside it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.schema.definitions import packaged_root


@dataclass(frozen=True, slots=True)
class Part:
    """Some digits of a number: `start` is 1-based; `kind` is const, region, year, school, class, digit or seq."""

    name: str
    start: int
    length: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A named layout; `gapless` when the series must be continuous."""

    title: str
    parts: tuple[Part, ...]
    gapless: bool

    def part(self, kind: str) -> Part:
        """Return the part of a kind."""
        return next(part for part in self.parts if part.kind == kind)


@cache
def _layouts() -> dict[str, Layout]:
    rows: dict[str, list[dict[str, str]]] = {}
    with (packaged_root() / "layouts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["layout"], []).append(row)
    return {
        name: Layout(
            title=parts[0]["title"],
            parts=tuple(Part(p["part"], int(p["start"]), int(p["length"]), p["kind"], p["value"]) for p in parts),
            gapless=any(p["gapless"] == "yes" for p in parts),
        )
        for name, parts in rows.items()
    }


def _layout(name: str) -> Layout:
    if name not in _layouts():
        raise UserError("unknown_layout", name=name, known=", ".join(_layouts()))
    return _layouts()[name]


def title(name: str) -> str:
    """Return a layout's 中文 name."""
    return _layout(name).title


def continuous(name: str) -> bool:
    """Return whether the series of a layout must be without gaps."""
    return _layout(name).gapless


def pattern(name: str) -> str:
    """Return the regular expression of a layout: digits only, fixed parts as they are."""
    parts = (part.value if part.kind == "const" else rf"[0-9]{{{part.length}}}" for part in _layout(name).parts)
    return f"^{''.join(parts)}$"


def _digits(number: pl.Expr, part: Part) -> pl.Expr:
    return number.str.slice(part.start - 1, part.length)


def year(number: pl.Expr, name: str) -> pl.Expr:
    """Return the entry year that a number carries, of two or four digits as the layout has it."""
    return _digits(number, _layout(name).part("year")).cast(pl.Int32, strict=False)


def year_base(name: str) -> int:
    """Return 100 when the layout writes two digits of the year, 10000 when four."""
    return int(10 ** _layout(name).part("year").length)


def sequence(number: pl.Expr, name: str) -> pl.Expr:
    """Return a number's place in its series."""
    return _digits(number, _layout(name).part("seq")).cast(pl.Int32, strict=False)


def series(number: pl.Expr, name: str) -> pl.Expr:
    """Return what the numbers of one series share: everything before the place in it."""
    return number.str.head(_layout(name).part("seq").start - 1)

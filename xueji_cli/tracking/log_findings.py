"""Findings about the entries of the log: their terms, their order, and whether the exports show what they say."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.tracking.entries import SEVERAL
from xueji_cli.tracking.fates import ARRIVED, LEFT
from xueji_cli.tracking.log import PARTIES, approved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xueji_cli.tracking.case import Case

    Finder = Callable[[Case, Mapping[str, str]], pl.DataFrame]

_TRANSFER = ("transfer", "transfer_in", "transfer_out")

#: Columns of the log without which a rule has nothing to look at: any of them will do.
COLUMNS = {
    "MV21": PARTIES,
    "MV22": PARTIES,
    "MV23": ("archive",),
    "MV24": ("died", "cancelled"),
    "MV30": ("suspended_until",),
    "MV31": ("suspended_until",),
}

#: Kind of entry → fates that are what it says.
_SHOWN = {
    "transfer_in": ("transferred_in", "moved_school"),
    "transfer_out": ("transferred_out", "moved_school"),
    "transfer": ("transferred_in", "transferred_out", "moved_school"),
    "withdraw": ("withdrawn",),
    "expel": ("withdrawn",),
    "die": ("died",),
    "abroad": ("abroad",),
    "delete": ("deleted", "double_closed"),
    "other_leave": ("other_left",),
    "graduate": ("graduated", "progressed"),
    "recruit": ("entrant", "created", "progressed"),
    "class": ("moved_class", "class_unsaid"),
}


def _entries(case: Case) -> pl.DataFrame:
    assert case.log is not None
    return case.log.with_columns(pl.col("c").cast(pl.UInt32), pl.col("e").cast(pl.UInt32))


def _iso(name: str) -> pl.Expr:
    return pl.col(name).dt.strftime("%Y-%m-%d")


def _none(case: Case) -> pl.DataFrame:
    return _entries(case).select("c", "e").clear()


def _party_terms(case: Case, days: int) -> pl.DataFrame:
    """Return a row for each party of each transfer: `begin` (the day it came to it), `done`, `deadline`; nulls where not known."""
    rows = _entries(case).filter(pl.col("kind").is_in(list(_TRANSFER)) & pl.col("current"))
    frames = []
    for place, party in enumerate(PARTIES):
        before = [pl.col(name) for name in (*PARTIES[:place][::-1], "applied")]
        last = (
            pl.max_horizontal(*(pl.col(name) for name in PARTIES[place + 1 :]))
            if place < len(PARTIES) - 1
            else pl.lit(None, dtype=pl.Date)
        )
        frames.append(
            rows.select(
                "c", "e", "date", party=pl.lit(party), place=pl.lit(place), begin=before[0], known=pl.coalesce(before),
                done=party, later=last,
            )
        )  # fmt: skip
    terms = pl.concat(frames)
    return terms.with_columns(deadline=case.calendar.deadlines(terms["begin"], days))


def _party_late(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Parties of a transfer that took longer than their term; a party whose term has no beginning is not counted."""
    terms = _party_terms(case, int(params["days"]))
    return terms.filter((pl.col("done") > pl.col("deadline")).fill_null(value=False)).select(
        "c", "e", p1=pl.format("@party.{}", "party"),
        p2=pl.format("{} → {} ({})", _iso("begin"), _iso("done"), _iso("deadline")),
    )  # fmt: skip


def _unfinished(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Transfers that lie with a party longer than its term, with nothing after it."""
    terms = _party_terms(case, int(params["days"]))
    waits = (
        pl.col("done").is_null() & pl.col("later").is_null() & pl.col("begin").is_not_null() & pl.col("date").is_null()
    )
    # What the exports show is finished, whatever the log leaves out.
    shown = case.children.filter(pl.col("fate").is_in(list(_SHOWN["transfer"])))["c"].cast(pl.UInt32)
    waits = waits & ~pl.col("c").is_in(shown.implode()).fill_null(value=False)
    return terms.filter(waits & (pl.col("deadline") < case.new)).select(
        "c", "e", p1=pl.format("@party.{}", "party"), p2=pl.format("{} ({})", _iso("begin"), _iso("deadline"))
    )


def _archive(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Rolls on paper that were handed over late, or not yet though the term is over."""
    # A transfer that is under way has no archive to hand over yet, and a table without the column says nothing about it.
    began = pl.coalesce("out_bureau", "date")
    kept = pl.col("archive").is_not_null().any().over("table")
    rows = (
        _entries(case)
        .filter(kept)
        .filter(pl.col("kind").is_in(list(_TRANSFER)) & pl.col("current"))
        .with_columns(begin=began)
    )
    rows = rows.with_columns(deadline=pl.col("begin").dt.offset_by(f"{int(params['months'])}mo"))
    late = (pl.col("archive") > pl.col("deadline")).fill_null(value=False)
    missing = pl.col("archive").is_null() & (pl.col("deadline") < case.new).fill_null(value=False)
    return rows.filter(late | missing).select(
        "c", "e", p1=pl.coalesce(_iso("archive"), pl.format("@said.{}", pl.lit("not_yet"))), p2=_iso("deadline")
    )


def _death(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Deaths whose roll was cancelled late, or is not cancelled though the term is over."""
    rows = (
        _entries(case)
        .filter((pl.col("kind") == "die") & pl.col("current"))
        .with_columns(
            begin=pl.coalesce("died", "date"),
            done=pl.coalesce("cancelled", pl.when(pl.col("died").is_not_null()).then("date"), "approved"),
        )
    )
    rows = rows.with_columns(deadline=case.calendar.deadlines(rows["begin"], int(params["days"])))
    late = (pl.col("done") > pl.col("deadline")).fill_null(value=False)
    # A roll that is gone was cancelled, whatever day the log leaves out.
    there = case.children.filter(pl.col("counted_n").fill_null(value=False))["c"].cast(pl.UInt32)
    still = pl.col("c").is_in(there.implode())
    missing = pl.col("done").is_null() & still & (pl.col("deadline") < case.new).fill_null(value=False)
    return rows.filter(late | missing).select(
        "c",
        "e",
        p1=pl.coalesce(_iso("done"), pl.format("@said.{}", pl.lit("not_yet"))),
        p2=pl.format("{} → {}", _iso("begin"), _iso("deadline")),
    )


def _inside(day: pl.Expr, windows: str) -> pl.Expr:
    """Return whether a day lies in one of some windows of the year (07-15..08-14)."""
    of_year = day.dt.strftime("%m-%d")
    within = [
        (of_year >= first) & (of_year <= last) if first <= last else (of_year >= first) | (of_year <= last)
        for first, last in (window.split("..") for window in windows.split(",") if window)
    ]
    return pl.any_horizontal(within)


def _by_window(*, inside: bool) -> Finder:
    def finder(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
        day = pl.coalesce("applied", *PARTIES, "date")
        rows = _entries(case).filter(pl.col("kind").is_in(list(_TRANSFER)) & pl.col("current")).with_columns(day=day)
        found = _inside(pl.col("day"), params["windows"])
        return rows.filter((found if inside else ~found).fill_null(value=False)).select(
            "c", "e", p1=_iso("day"), p2=pl.lit(params["windows"])
        )

    return finder


def _no_change(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Entries of this time whose change the exports do not show. A transfer that is under way has none yet."""
    ours = _entries(case).filter(pl.col("current") & pl.col("c").is_not_null() & pl.col("on").is_not_null())
    facts = case.children.select(
        pl.col("c").cast(pl.UInt32), "fate", "step", "status_o", "status_n", "row_o", "row_n", "counted_n",
        changed=pl.col("c").is_in(case.changes["c"].unique().implode()),
        doubled=pl.col("c").is_in(_with_double(case).implode()),
    )  # fmt: skip
    rows = ours.join(facts, on="c", how="left", maintain_order="left")
    kind, fate = pl.col("kind"), pl.col("fate")
    left = fate.is_in(list(LEFT))
    shown = pl.lit(value=False)
    for name, fates in _SHOWN.items():
        shown = shown | ((kind == name) & fate.is_in(list(fates)))
    away, was = (pl.col(f"status_{side}") == "休学" for side in ("n", "o"))
    shown = (
        shown
        | (kind.is_in(["suspend", "extend"]) & (away | left))
        # Away and back between the two days leaves no trace.
        | ((kind == "suspend") & pl.col("c").is_in(_of(case, "resume").implode()))
        | (
            kind.is_in(["resume", "restore"])
            & ((was & ~away.fill_null(value=False)) | fate.is_in(["returned", *ARRIVED]))
        )
        | ((kind == "resume") & pl.col("c").is_in(_of(case, "suspend").implode()) & pl.col("counted_n"))
        | ((kind == "skip") & (pl.col("step") == "skipped"))
        | ((kind == "retain") & (pl.col("step") == "retained"))
        | ((kind == "key_information") & pl.col("changed"))
        # A dropout whose roll is gone is a finding of its own.
        | ((kind == "drop") & (pl.col("status_n").is_in(["流失", "其他离校"]) | left))
        | ((kind == "delete") & pl.col("doubled"))
        | kind.is_in(["keep", "other"])
    ).fill_null(value=False)
    under_way = kind.is_in(list(_TRANSFER)) & pl.col("date").is_null() & pl.col("out_bureau").is_null()
    words = pl.col("kind").replace_strict({name: f"@kind.{name}" for name in case.kinds}, default="@kind.other")
    return rows.filter(~shown & ~under_way & kind.is_not_null()).select("c", "e", p1=words, p2=_iso("on"))


def _of(case: Case, kind: str) -> pl.Series:
    return _entries(case).filter((pl.col("kind") == kind) & pl.col("c").is_not_null())["c"].unique()


def _with_double(case: Case) -> pl.Series:
    firsts = [
        case.children.join(doubles.select(pl.col("first").alias(side)), on=side, how="semi")["c"].cast(pl.UInt32)
        for side, doubles in (("o", case.links.old_doubles), ("n", case.links.new_doubles))
    ]
    return pl.concat(firsts)


def _nobody(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    words = pl.col("kind").replace_strict({name: f"@kind.{name}" for name in case.kinds}, default="@kind.other")
    why = pl.when(pl.col("found") == SEVERAL).then(pl.lit("@found.several")).otherwise(pl.lit("@found.nobody"))
    return _entries(case).filter(pl.col("c").is_null() & pl.col("current")).select("c", "e", p1=words, p2=why)


def _out_of_order(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Entries whose days run backwards: a later party before an earlier one, an end before its beginning; or can't be read."""
    order = [
        ("applied", PARTIES[0]),
        *pairwise(PARTIES),
        ("suspended_from", "suspended_until"),
        ("died", "cancelled"),
    ]
    # Where a party between two is not named, the two others still follow each other.
    order += [(first, later) for place, first in enumerate(("applied", *PARTIES)) for later in PARTIES[place + 1 :]]
    rows = _entries(case)
    wrong = [
        rows.filter((pl.col(later) < pl.col(first)).fill_null(value=False)).select(
            "c", "e", p1=pl.format("@column.{}", pl.lit(first)), p2=pl.format("{} > {}", _iso(first), _iso(later))
        )
        for first, later in dict.fromkeys(order)
    ]
    unread = rows.filter(pl.col("unread").list.len() > 0).select(
        "c", "e", p1=pl.format("@column.{}", pl.col("unread").list.first()), p2=pl.format("@said.{}", pl.lit("unread"))
    )
    return pl.concat([*wrong, unread]).unique("e", keep="first", maintain_order=True)


def _long_term(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    began = pl.coalesce("suspended_from", "on")
    rows = _entries(case).filter(pl.col("kind").is_in(["suspend", "extend"]))
    # A year from 1 September to 1 September is a year.
    most = began.dt.offset_by(f"{int(params['months'])}mo")
    return rows.filter((pl.col("suspended_until") > most).fill_null(value=False)).select(
        "c", "e", p1=began.dt.strftime("%Y-%m-%d"), p2=_iso("suspended_until")
    )


def _early(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    if params["early"] == "allowed":
        return _none(case)
    rows = _entries(case)
    terms = (
        rows.filter(pl.col("kind").is_in(["suspend", "extend"]) & pl.col("c").is_not_null())
        .group_by("c")
        .agg(due=pl.col("suspended_until").max())
    )
    back = rows.filter((pl.col("kind") == "resume") & pl.col("current")).join(terms, on="c")
    return back.filter((pl.col("on") < pl.col("due")).fill_null(value=False)).select(
        "c", "e", p1=_iso("on"), p2=_iso("due")
    )


def _unapproved(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    """Key information that changed without an approved entry that is about it. A blank that was filled in is no change."""
    entries = _entries(case).filter(pl.col("kind") == "key_information").with_columns(good=approved())
    named = pl.concat_str("field", "kind_text", "note", separator=" ", ignore_nulls=True).fill_null("")
    words = {"name": "姓名|更名|改名|名字", "id_number": "证件|身份证|号码", "sex": "性别", "birth_date": "出生|生日"}
    said_any = pl.any_horizontal(named.str.contains(pattern) for pattern in words.values())
    about = [
        entries.filter((named.str.contains(pattern) | ~said_any) & pl.col("c").is_not_null()).select(
            "c", "e", "good", field=pl.lit(field)
        )
        for field, pattern in words.items()
    ]
    told = pl.concat(about).sort("good", descending=True).unique(["c", "field"], keep="first", maintain_order=True)
    changes = case.changes.filter(pl.col("what") != "filled")
    # The birth date and sex in a new number change with it; one approval is for all of it.
    of_number = told.filter(pl.col("field") == "id_number").select("c", by_number="good")
    rows = changes.join(told, on=["c", "field"], how="left", maintain_order="left").join(
        of_number, on="c", how="left", maintain_order="left"
    )
    follows = pl.col("field").is_in(["birth_date", "sex"]) & pl.col("by_number").fill_null(value=False)
    why = pl.when(pl.col("good").is_null()).then(pl.lit("@approval.none")).otherwise(pl.lit("@approval.open"))
    return rows.filter(~pl.col("good").fill_null(value=False) & ~follows).select(
        "c", "e", p1=pl.format("@field.{}", "field"), p2=why
    )


def _dropped(case: Case, params: Mapping[str, str]) -> pl.DataFrame:
    facts = case.children.select(pl.col("c").cast(pl.UInt32), "fate")
    rows = _entries(case).filter(pl.col("kind") == "drop").join(facts, on="c")
    return rows.filter(pl.col("fate").is_in([*LEFT])).select("c", "e", p1=_iso("on"), p2=pl.format("@fate.{}", "fate"))


def last_day(log: pl.DataFrame | None, default: date) -> date:
    """Return the last day that a log names, or the default if that is later."""
    if log is None:
        return default
    days = [log[name].max() for name in ("applied", *PARTIES, "died", "date", "on")]
    return max([default, *(day for day in days if isinstance(day, date))])


def first_day(log: pl.DataFrame | None, default: date) -> date:
    """Return the first day that a term is counted from, or the default if that is earlier."""
    if log is None:
        return default
    days = [log[name].min() for name in ("applied", *PARTIES, "died", "date")]
    return min([default, *(day for day in days if isinstance(day, date))])


FINDERS: Mapping[str, Finder] = {
    "MV14": _unapproved,
    "MV21": _party_late,
    "MV22": _unfinished,
    "MV23": _archive,
    "MV24": _death,
    "MV25": _by_window(inside=False),
    "MV26": _by_window(inside=True),
    "MV27": _no_change,
    "MV28": _nobody,
    "MV29": _out_of_order,
    "MV30": _long_term,
    "MV31": _early,
    "MV32": _dropped,
}

"""From bound tables to the whole comparison: name the schools, find every child in every list, give it its category, count."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.reconciling import intake as common
from xueji_cli.reconciling.people import Statuses
from xueji_cli.reconciling.problems import Problem
from xueji_cli.retaining import children, following, groups, people
from xueji_cli.retaining.intake import LIST, one_each, place_schools, read_list, standing, with_head
from xueji_cli.retaining.linking import Linker
from xueji_cli.retaining.people import Sides
from xueji_cli.retaining.rates import rates
from xueji_cli.retaining.result import OPEN, Retention
from xueji_cli.retaining.window import window_of
from xueji_cli.retaining.yearbook import read_numbers
from xueji_cli.values.classes import school_year
from xueji_cli.values.grades import PRESCHOOL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xueji_cli.checks.rule import ActiveRule
    from xueji_cli.schema.model import Schema
    from xueji_cli.schema.roster import Roster

#: The lists, in the order in which `table` columns count their tables.
NAMES = ("household", "roll", "present", "focus", "explained", "previous", "numbers")


@dataclass(frozen=True, slots=True)
class Sources:
    """The bound tables of each list."""

    household: Sequence[Roster] = ()
    roll: Sequence[Roster] = ()
    present: Sequence[Roster] = ()
    focus: Sequence[Roster] = ()
    explained: Sequence[Roster] = ()
    previous: Sequence[Roster] = ()
    numbers: Sequence[Roster] = ()

    @property
    def tables(self) -> tuple[Roster, ...]:
        """All tables in the order in which `table` columns count them."""
        return tuple(roster for name in NAMES for roster in getattr(self, name))


@dataclass(frozen=True, slots=True)
class Options:
    """What was decided for the run.

    Attributes:
        as_of: The day of the comparison.
        rules: Code → rule as applied: severities, targets, the age window.
        schema: The student schema, with its matching model.
        secret: The secret key that entries of ledgers are known again with.
        statuses: Which states are in the roll, and which in the classroom.
    """

    as_of: date
    rules: Mapping[str, ActiveRule]
    schema: Schema
    secret: bytes
    statuses: Statuses = field(default_factory=Statuses)


def retain(sources: Sources, options: Options) -> Retention:
    """Compare the lists.

    Raises:
        UserError: When there is nothing to compare with.
    """
    run = _Run(sources, options)
    return run.result()


class _Run:
    """One comparison."""

    def __init__(self, sources: Sources, options: Options) -> None:
        self.options = options
        self.year = school_year(options.as_of)
        self.window = window_of(options.rules["RT01"].params, options.as_of)
        self.problems: list[Problem] = []
        self.why_not: dict[str, str] = {}
        self.sources = Sources(**{name: [with_head(roster) for roster in getattr(sources, name)] for name in NAMES})
        self.linker = Linker(self.sources.tables, options.schema, options.as_of, self.year)
        self._offset = 0
        heads_only = [roster for roster in sources.present if roster.schema.name in common.FORMS]
        self.heads_only = bool(heads_only) and len(heads_only) == len(sources.present)
        lists = {name: self._list(name) for name in NAMES if name != "numbers"}
        self.focus, self.explained, self.previous = (lists[name] for name in ("focus", "explained", "previous"))
        self.directory, roll, present, self.naming = place_schools(lists["roll"], lists["present"], self.year)
        self.has_present = present.height > 0
        self._say_what_is_compared(lists)
        roll, present = (self._without_preschool(rows, side) for side, rows in (("roll", roll), ("present", present)))
        self.sides = Sides(
            household=one_each(self._near_age(lists["household"])).with_row_index("h"),
            roll=self._rolls(roll, present),
            present=one_each(present, ~pl.col("not_there")).with_row_index("p"),
        )

    def _list(self, name: str) -> pl.DataFrame:
        """Return the people of one list; tables of heads alone have none."""
        rosters = getattr(self.sources, name)
        persons = [(place, r) for place, r in enumerate(rosters, self._offset) if r.schema.name not in common.FORMS]
        self._offset += len(rosters)
        frames = []
        # Tables that stand side by side are read together.
        start = 0
        while start < len(persons):
            end = start + 1
            while end < len(persons) and persons[end][0] == persons[end - 1][0] + 1:
                end += 1
            frame, problems = read_list([r for _, r in persons[start:end]], persons[start][0], self.options.as_of)
            frames.append(frame)
            self.problems += problems
            start = end
        return pl.concat(frames) if frames else pl.DataFrame(schema=LIST)

    def _say_what_is_compared(self, lists: Mapping[str, pl.DataFrame]) -> None:
        if not lists["household"].height:
            self.why_not["household"] = "no_household"
        if not self.has_present:
            self.why_not["present"] = "heads_only" if self.heads_only else "no_present"
        if not lists["roll"].height:
            raise UserError("retention_no_roll")
        if len(self.why_not) == 2:
            raise UserError("retention_heads_only" if self.heads_only else "retention_nothing")

    def _without_preschool(self, rows: pl.DataFrame, side: str) -> pl.DataFrame:
        """Leave out kindergartens: a place in one is no enrolment in compulsory school."""
        small = pl.col("stage").eq(PRESCHOOL).fill_null(value=False)
        count = rows.filter(small).height
        if count:
            self.problems.append(Problem("preschool", fatal=False, params={"value": count, "side": side}))
        return rows.filter(~small)

    def _near_age(self, rows: pl.DataFrame) -> pl.DataFrame:
        return people.near_age(rows, self.window.age(pl.col("born")), self.window.min_age, self.window.max_age)

    def _rolls(self, roll: pl.DataFrame, present: pl.DataFrame) -> pl.DataFrame:
        """Return each child's roll: of several, a living one, and of these the one where the child is in class."""
        stood = standing(roll, self.options.statuses)
        there = present.select("number", "plain_name", "school", _there=pl.lit(value=True)).drop_nulls().unique()
        stood = stood.join(there, on=["number", "plain_name", "school"], how="left", maintain_order="left")
        rank = pl.col("counted").cast(pl.Int8) * 2 + pl.col("_there").fill_null(value=False).cast(pl.Int8)
        return one_each(stood, rank).drop("_there").with_row_index("r")

    def result(self) -> Retention:
        found = people.find(self.sides, self.linker)
        places = children.nodes(self.sides, found)
        focus = groups.with_who(self.focus)
        owned, _ = groups.owners(focus, places, self.sides, self.linker)
        places, focus_rows = self._with_focus_only(places, focus, owned)
        frame = children.told(self.sides, places)
        frame = self._with_focus(frame, focus, owned, focus_rows)
        proofs = groups.with_who(self.explained).with_row_index("e")
        frame, perhaps = self._with_proofs(frame, places, proofs)
        likely = pl.concat([children.candidates(found, frame), perhaps]).unique(
            "child", keep="first", maintain_order=True
        )
        frame = frame.join(likely, on="child", how="left", maintain_order="left")
        frame = frame.join(children.without_list(self.sides, found), on="r", how="left", maintain_order="left")
        finished = int(self.options.rules["RT11"].params["age"])
        frame = children.categorised(
            frame, self.window, self.directory, finished=finished, has_present=self.has_present
        )
        rows = children.finished_rows(frame, self.window, self.sides, proofs)
        spelled = self._spelled(frame)
        rows = following.with_keys(rows, following.keys_of(spelled, self.options.secret))
        followed = self._followed(rows, spelled)
        numbers, problems = read_numbers(self.sources.numbers)
        self.problems += problems
        found_rates = rates(
            rows,
            self.window,
            self.options.rules,
            numbers,
            has_household=self.sides.household.height > 0,
            has_disabled=groups.lists_disabled(focus),
        )
        self._tell_lists_that_are_missing(frame)
        compared = frozenset({"household", "present"} - self.why_not.keys())
        return Retention(
            window=self.window,
            rules=self.options.rules,
            children=rows.drop("h", "r", "p", "f"),
            followed=followed,
            rates=found_rates,
            problems=tuple(self.problems),
            naming=tuple(self.naming),
            compared=compared,
            why_not=self.why_not,
            parameters={
                "in_roll": list(self.options.statuses.in_roll),
                "present": list(self.options.statuses.present),
            },
        )

    def _with_focus_only(
        self, places: pl.DataFrame, focus: pl.DataFrame, owned: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Add children of age who stand in a focus list and in no other."""
        rows = focus.unique("who", keep="first", maintain_order=True).with_row_index("f")
        of_age = self.window.of_age(pl.col("born")).fill_null(value=False)
        only = rows.filter(of_age).join(owned, on="who", how="anti").select("f")
        known = rows.join(owned, on="who").select("child", "f").unique("child", keep="first", maintain_order=True)
        places = places.join(known, on="child", how="left", maintain_order="left")
        added = only.with_row_index("child", offset=places.height)
        return pl.concat([places, added], how="diagonal"), rows

    def _with_focus(
        self, frame: pl.DataFrame, focus: pl.DataFrame, owned: pl.DataFrame, rows: pl.DataFrame
    ) -> pl.DataFrame:
        """Add the groups of each child, and what its focus list says about it behind `f:`."""
        named = rows.select("f", *(pl.col(name).alias(f"f:{name}") for name in LIST))
        frame = frame.join(named, on="f", how="left", maintain_order="left")
        whose = pl.concat(
            [
                owned,
                frame.filter(pl.col("f").is_not_null()).join(rows.select("f", "who"), on="f").select("who", "child"),
            ]
        )
        told = (
            groups.focus(focus)
            .join(whose.unique(), on="who")
            .group_by("child")
            .agg(
                focus=pl.col("focus").explode(empty_as_null=True, keep_nulls=True).unique().sort().str.join("、"),
                disabled=pl.col("disabled").any(),
            )
        )
        return frame.join(told, on="child", how="left", maintain_order="left")

    def _with_proofs(
        self, frame: pl.DataFrame, places: pl.DataFrame, rows: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Add the reason of each child's proof; also return the children whose proof one may be."""
        owned, unsure = groups.owners(rows.drop("e"), places, self.sides, self.linker)
        told = groups.proofs(rows).join(owned, on="who").select("child", "proof")
        told = told.unique("child", keep="first", maintain_order=True)
        strangers = rows.join(owned, on="who", how="anti").join(unsure, on="who", how="anti").height
        if strangers:
            self.problems.append(Problem("proofs_of_nobody", fatal=False, params={"value": strangers}))
        perhaps = unsure.join(rows.select("who", "e"), on="who").select(
            "child", c_side=pl.lit("e"), c="e", c_how=pl.lit("possible")
        )
        return frame.join(told, on="child", how="left", maintain_order="left"), perhaps

    def _spelled(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the spellings of those who get keys: open cases, and everybody where a ledger is to be followed."""
        return following.spellings(frame if self.previous.height else frame.filter(pl.col("category").is_in(OPEN)))

    def _followed(self, rows: pl.DataFrame, spelled: pl.DataFrame) -> pl.DataFrame | None:
        if not self.sources.previous:
            return None
        first = sum(len(getattr(self.sources, name)) for name in NAMES[: NAMES.index("previous")])
        entries = following.read_ledger(self.sources.previous, first, self.previous).with_row_index("entry")
        keys = [following.keys_of(spelled, self.options.secret)]
        if following.has_old_keys(entries):
            keys.append(following.keys_of(spelled, b""))
        owned = following.by_key(entries, rows, pl.concat(keys))
        rest = entries.join(owned, on="entry", how="anti")
        # A masked name can't be linked by; a whole one can, whatever has become of the key.
        whole = rest.filter(~pl.col("name").str.contains(r"[*＊]").fill_null(value=True))
        masked = rest.height - whole.height
        if whole.height:
            places = rows.select("child", "h", "r", "p")
            linked, _ = groups.owners(groups.with_who(whole.select(list(LIST))), places, self.sides, self.linker)
            pairs = groups.with_who(whole).join(linked, on="who").select("entry", "child")
            taken = owned.get_column("child")
            owned = pl.concat([owned, pairs.filter(~pl.col("child").is_in(taken.implode()))])
        if masked:
            self.problems.append(Problem("ledger_masked", fatal=False, params={"value": masked}))
        return following.follow(entries, owned, rows)

    def _tell_lists_that_are_missing(self, frame: pl.DataFrame) -> None:
        """Name the schools and classes that have handed in no list."""
        missing = frame.filter(pl.col("category") == "not_compared")
        by_school = (
            missing.group_by("no_list", "r:school", "r:class_label").len().sort("no_list", "r:school", "r:class_label")
        )
        schools = (
            by_school.filter(pl.col("no_list") == "school")
            .group_by("r:school", maintain_order=True)
            .agg(pl.col("len").sum())
        )
        for name, count in schools.iter_rows():
            self.problems.append(Problem("school_no_list", fatal=False, params={"school": name or "", "value": count}))
        for _, name, called, count in by_school.filter(pl.col("no_list") == "class").iter_rows():
            self.problems.append(
                Problem(
                    "class_no_list", fatal=False, params={"school": name or "", "named": called or "", "value": count}
                )
            )

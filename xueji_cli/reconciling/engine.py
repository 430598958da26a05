"""From bound tables to the whole comparison: name the schools and classes, link the children, count, score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.errors import UserError
from xueji_cli.reconciling import intake, measures, people
from xueji_cli.reconciling.entries import read_entries
from xueji_cli.reconciling.linking import Weigher
from xueji_cli.reconciling.measures import Evidence, Measured, evidence_for, percentage
from xueji_cli.reconciling.persons import persons, sampled
from xueji_cli.reconciling.places import (
    ClassList,
    Naming,
    name_schools,
    place_classes,
    read_class_list,
    unreadable_classes,
)
from xueji_cli.reconciling.problems import Problem
from xueji_cli.reconciling.result import Line, Reconciled, SchoolResult
from xueji_cli.reconciling.schools import Directory, read_school_list, schools_of
from xueji_cli.reconciling.scoring import BadEntry, Score, score_item
from xueji_cli.reconciling.sides import refuse_strangers, refuse_swapped
from xueji_cli.reconciling.tally import VIRTUAL, tally
from xueji_cli.values.classes import school_year

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    from xueji_cli.reconciling.entries import Entries
    from xueji_cli.reconciling.people import Linked, Statuses
    from xueji_cli.reconciling.schools import School
    from xueji_cli.reconciling.scoresheet import Item, Scoresheet
    from xueji_cli.reconciling.tally import Tally
    from xueji_cli.schema.roster import Roster


@dataclass(frozen=True, slots=True)
class Sources:
    """The bound tables of each side.

    Attributes:
        system: The system's exports: student lists or counts.
        actual: What was taken in the classrooms: lists or counts.
        schools: Lists of schools.
        classes: Lists of classes.
        entries: Inspectors' entries.
        photos: Names of photo files.
    """

    system: Sequence[Roster]
    actual: Sequence[Roster]
    schools: Sequence[Roster] = ()
    classes: Sequence[Roster] = ()
    entries: Sequence[Roster] = ()
    photos: frozenset[str] | None = None

    @property
    def tables(self) -> tuple[Roster, ...]:
        """All tables in the order in which `table` columns count them."""
        return (*self.system, *self.actual, *self.schools, *self.classes, *self.entries)


@dataclass(frozen=True, slots=True)
class Options:
    """What was decided for the run."""

    as_of: date
    scoresheet: Scoresheet
    statuses: Statuses = field(default_factory=people.Statuses)
    seed: int = 1


def reconcile(sources: Sources, options: Options) -> Reconciled:
    """Compare the two sides and fill the scoresheet.

    Raises:
        UserError: When the sides look swapped, have no school in common, or the entries are for another sheet.
    """
    refuse_swapped(sources.system, sources.actual)
    reading = Reading(sources, options)
    rolls, system_numbers, here, numbers = reading.rows()
    listed = {
        side: _schools_in(*frames)
        for side, frames in (("system", (rolls, system_numbers)), ("actual", (here, numbers)))
    }
    common = [school for school in reading.directory.schools if school.name in listed["system"] & listed["actual"]]
    if not common:
        refuse_strangers(listed, [found[0].name for naming in reading.naming for found in naming.unmatched])
    counted = people.in_roll(rolls, options.statuses).filter("counted")
    both_lists = _schools_in(rolls) & _schools_in(here)
    linked = None
    if both_lists:
        student = next(roster.schema for roster in sources.system if roster.schema.name not in intake.FORMS)
        weigher = Weigher(sources.tables, student, options.as_of, reading.year)
        linked = people.link_people(rolls, here, options.statuses, weigher)
    result = _Result(options, reading, common, counted, both_lists, linked)
    names = pl.Series([school.name for school in common], dtype=pl.String)

    def compared(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.filter(pl.col("school").is_in(names.implode()))

    numbers_of = tally(
        (compared(counted), compared(here)),
        (compared(system_numbers), compared(numbers)),
        reading.classes,
        _within(linked, both_lists) if linked else None,
    )
    if numbers_of.untied:
        # Rather no number than a wrong one.
        raise UserError("counts_untied", cells="；".join(" ".join(cell) for cell in numbers_of.untied[:10]))
    schools = result.schools(numbers_of)
    problems = [*reading.problems, *numbers_of.problems, *result.problems]
    problems += _not_listed(numbers_of.classes)
    problems += unreadable_classes(
        _class_names(compared(rolls), compared(system_numbers)), _class_names(compared(here), compared(numbers))
    )
    return Reconciled(
        scoresheet=options.scoresheet,
        schools=tuple(schools),
        classes=numbers_of.classes,
        grades=numbers_of.grades,
        persons=persons(linked, both_lists),
        sampled=sampled(schools, result.rolls),
        problems=tuple(problems),
        naming=tuple(reading.naming),
        only_system=tuple(sorted(listed["system"] - listed["actual"])),
        only_actual=tuple(sorted(listed["actual"] - listed["system"])),
        parameters={
            "in_roll": list(options.statuses.in_roll),
            "present": list(options.statuses.present),
            "excused": list(options.statuses.excused),
            "seed": options.seed,
        },
    )


def _schools_in(*frames: pl.DataFrame) -> set[str]:
    return {name for frame in frames for name in frame.get_column("school").drop_nulls().unique().to_list()}


def _not_listed(classes: pl.DataFrame) -> list[Problem]:
    """Tell which classes count as virtual because the classrooms' side does not have them at all: perhaps nobody went there."""
    left_out = classes.filter((pl.col("state") == VIRTUAL) & ~pl.col("in_actual"))
    return [
        Problem(
            "class_not_listed", fatal=False, params={"school": school, "named": "、".join(labels), "value": len(labels)}
        )
        for school, labels in left_out.group_by("school", maintain_order=True)
        .agg(pl.col("class_label").fill_null(""))
        .iter_rows()
    ]


def _class_names(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.select("school", "key", "class_label") for frame in frames])


def _within(linked: Linked, schools: set[str]) -> Linked:
    """Return the rows of schools whose two sides are both lists: only these have reasons."""
    inside = pl.col("school").is_in(list(schools))
    return people.Linked(
        linked.system.filter(inside), linked.actual.filter(inside), linked.differs.filter(inside), linked.possible
    )


class Reading:
    """The rows of all tables, with the schools and classes they belong to."""

    def __init__(self, sources: Sources, options: Options) -> None:
        """Read the rows, the school list and the class list.

        Raises:
            UserError: When the school list contradicts itself, or entries are for another sheet.
        """
        self.sources = sources
        self.year = school_year(options.as_of)
        self.as_of = options.as_of
        self.problems: list[Problem] = []
        self.naming: list[Naming] = []
        self.entries: Entries = {}
        offset = len(sources.system)
        raw = [self._side("system", sources.system, 0), self._side("actual", sources.actual, offset)]
        if sources.schools:
            schools, twice = read_school_list(sources.schools)
            if twice:
                raise UserError("school_list_twice", schools="、".join(twice[:10]))
            self.directory = Directory(schools, complete=True)
        else:
            named = pl.concat([frame.select("school_text", "school_code") for frame in raw[0]])
            schools, doubtful = schools_of(named)
            self.problems += [Problem("two_codes", fatal=False, params={"school": name}) for name in doubtful]
            self.directory = Directory(schools or self._of_files(raw[0]), complete=False)
        after = offset + len(sources.actual) + len(sources.schools)
        self.classes: ClassList | None = None
        if sources.classes:
            self.classes, naming = read_class_list(sources.classes, self.directory, self.year, after)
            self.naming.append(naming)
        if sources.entries:
            after += len(sources.classes)
            self.entries, problems, naming = read_entries(sources.entries, self.directory, options.scoresheet, after)
            self.problems += problems
            self.naming.append(naming)
        self._raw = raw

    def _side(self, side: str, rosters: Sequence[Roster], first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the people and the numbers of one side, schools and classes as written."""
        frames: dict[str, list[pl.DataFrame]] = {"people": [], "numbers": []}
        # Neighbouring tables of one kind are read together: three hundred schools are not three hundred small frames.
        place = 0
        while place < len(rosters):
            is_student = rosters[place].schema.name not in intake.FORMS
            end = place
            while end < len(rosters) and (rosters[end].schema.name not in intake.FORMS) == is_student:
                end += 1
            if is_student:
                rows, problems = intake.people(rosters[place:end], first + place, self.as_of)
                frames["people"].append(rows)
                self.problems += problems
            else:
                numbers, problems = intake.counts(rosters[place:end], first + place, side)
                frames["numbers"].append(numbers)
                self.problems += problems
            place = end
        empty = {"people": intake.PEOPLE_SCHEMA, "numbers": intake.COUNT_SCHEMA}
        people_of, numbers_of = (
            pl.concat(each) if each else pl.DataFrame(schema=empty[kind]) for kind, each in frames.items()
        )
        return people_of, numbers_of

    def _of_files(self, frames: Sequence[pl.DataFrame]) -> list[School]:
        """Return schools named by their files, where no table of the system names any."""
        named = pl.concat(
            [frame.select(school_text="file_text", school_code=pl.lit(None, dtype=pl.String)) for frame in frames]
        )
        return schools_of(named)[0]

    def rows(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return the system's people and numbers and the classrooms' people and numbers, placed."""
        placed = []
        for frames in self._raw:
            for frame in frames:
                named, naming = name_schools(frame, self.directory)
                if frame.height:
                    self.naming.append(naming)
                known = named.filter(pl.col("school").is_not_null())
                placed.append(place_classes(known, self.directory, self.year, self.classes))
        return placed[0], placed[1], placed[2], placed[3]


class _Result:
    """The schools, scored."""

    def __init__(
        self,
        options: Options,
        reading: Reading,
        common: Sequence[School],
        rolls: pl.DataFrame,
        both_lists: set[str],
        linked: Linked | None,
    ) -> None:
        self.options = options
        self.reading = reading
        self.common = common
        #: The children in the roll, each with its place.
        self.rolls = rolls.with_row_index("s")
        self.both_lists = both_lists
        self.linked = linked
        self.problems: list[Problem] = []
        self._measured = self._measure()
        self._by_school = self.rolls.partition_by("school", as_dict=True)

    def _measure(self) -> Mapping[str, Measured]:
        """Return the cases of each measure that some item of the sheet counts; identity is counted by item."""
        wanted = {item.measure for item in self.options.scoresheet.items}
        make = {
            "duplicates": lambda: measures.duplicates(self.rolls),
            "no_photo": lambda: measures.no_photo(self.rolls, self.reading.sources.photos),
            "no_id": lambda: measures.no_id(self.rolls),
        }
        return {name: make[name]() for name in make if name in wanted}

    def schools(self, numbers: Tally) -> list[SchoolResult]:
        """Score every school that both sides have."""
        totals = {row["school"]: row for row in numbers.schools.iter_rows(named=True)}
        classes = numbers.classes.partition_by("school", as_dict=True)
        identity = {
            item.no: self._identity(item.counts) for item in self.options.scoresheet.items if item.measure == "identity"
        }
        results = []
        for school in self.common:
            row = totals[school.name]
            of_classes = classes.get((school.name,), numbers.classes.clear())
            ratios = {
                "student_ratio": percentage(row["students_actual"], row["students_system"]),
                "class_ratio": percentage(row["classes_actual"], row["classes_system"]),
            }
            whole = row["uncounted"] == 0
            lines = [
                self._line(item, school, of_classes, ratios, identity, whole=whole)
                for item in self.options.scoresheet.items
            ]
            results.append(
                SchoolResult(
                    school=school,
                    students=(row["students_system"], row["students_actual"]),
                    classes=(row["classes_system"], row["classes_actual"]),
                    student_ratio=ratios["student_ratio"],
                    class_ratio=ratios["class_ratio"],
                    lines=tuple(lines),
                )
            )
        return results

    def _identity(self, counts: Sequence[str]) -> Mapping[str, int]:
        """Return how many children of each school are a case; who has an excuse is none."""
        if self.linked is None:
            return {}
        system, actual = self.linked.system, self.linked.actual
        # A child registered here and in class in another school is a roll without a child here.
        of_system = {"registered_not_present": ("registered_not_present", "present_elsewhere")}
        of_actual = {
            "present_not_registered": ("present_not_registered",),
            "registered_elsewhere": ("registered_elsewhere",),
        }
        found = [
            rows.filter(pl.col("reason").is_in(reasons) & pl.col("excused").is_null()).select("school")
            for rows, known in ((system, of_system), (actual, of_actual))
            for kind, reasons in known.items()
            if kind in counts
        ]
        if "class_differs" in counts:
            found.append(actual.filter(pl.col("reason") == "class_moved").select("school"))
        if "information_differs" in counts:
            found.append(self.linked.differs.unique(["s", "a"]).select("school"))
        if not found:
            return {}
        return dict(pl.concat(found).group_by("school").len().iter_rows())

    def _line(
        self,
        item: Item,
        school: School,
        classes: pl.DataFrame,
        ratios: Mapping[str, Fraction | None],
        identity: Mapping[str, Mapping[str, int]],
        *,
        whole: bool,
    ) -> Line:
        name = school.name
        cases: int | None = None
        value: Fraction | None = None
        why = ""
        if item.measure == "identity":
            if name in self.both_lists and whole:
                cases = identity[item.no].get(name, 0)
            else:
                why = "uncounted" if not whole else "no_lists"
        elif item.measure in self._measured:
            cases = self._measured[item.measure].count(name)
            why = "" if cases is not None else item.measure
        elif item.measure:
            value = ratios[item.measure] if whole else None
            why = "" if value is not None else "uncounted" if not whole else "no_numbers"
        entry = self.reading.entries.get((name, item.no))
        try:
            score = score_item(item, entry, cases=cases, value=value, stage=school.stage)
        except BadEntry as bad:
            assert entry is not None
            params = {"school": name, "item": item.no, **bad.params}
            self.problems.append(Problem(bad.key, fatal=True, file=entry.file, row=entry.row, params=params))
            score = score_item(item, None, cases=cases, value=value, stage=school.stage)
        rolls = self._by_school.get((name,), self.rolls.clear())
        evidence = evidence_for(
            item,
            school,
            rolls=rolls,
            classes=classes,
            students=ratios["student_ratio"],
            seed=self.options.seed,
            listed=bool(self.reading.sources.schools),
        )
        if not item.measure and not item.evidence and entry is None:
            evidence = [Evidence("inspector")]
        return Line(item, score if isinstance(score, Score) else Score("pending"), why, tuple(evidence), entry)

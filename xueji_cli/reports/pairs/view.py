"""Pairs in words: verdicts in order, guards, advice and reasons. All formats are written from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from xueji_cli.matching.decisions import key_mark, record_keys
from xueji_cli.matching.guards import GUARDS
from xueji_cli.messages import catalogue
from xueji_cli.reports.pairs.advice import with_advice
from xueji_cli.reports.pairs.reasons import with_reasons
from xueji_cli.reports.pairs.records import RecordView
from xueji_cli.reports.pairs.report import DEDUPE_VERDICTS, LINK_VERDICTS, PairReport


@dataclass(frozen=True)
class PairView(RecordView):
    """A report in words.

    Attributes:
        pairs: `l`, `r`, `verdict`, `score`, `weight`, `cluster`, `guard`, `guard_text`, `handling`, `reasons` (`pairs.reasons`):
            the most urgent verdict first, in each the surest pairs first.
        secret: The secret key of the records' keys; empty where no list is written that decisions go into.
    """

    report: PairReport
    pairs: pl.DataFrame
    secret: bytes = b""

    @cached_property
    def keys(self) -> dict[int, str]:
        """Record → the key by which a decision knows it again, of all records in pairs."""
        records = pl.concat([self.pairs["l"], self.pairs["r"].alias("l")]).unique().sort().to_list()
        assert self.secret, "a list for decisions needs the key"
        return dict(zip(records, record_keys(self.report.people, self.secret, records), strict=True))

    @cached_property
    def schools(self) -> pl.DataFrame:
        """`l` and `r`: the schools of both records of each pair, as they may be shown."""
        return pl.DataFrame({end: self.schools_of(self.pairs[end]) for end in ("l", "r")})

    @cached_property
    def key_mark(self) -> str:
        """Which secret key the keys are made with."""
        return key_mark(self.secret)


def pair_view(report: PairReport, *, lang: str, reveal: bool = False, secret: bytes = b"") -> PairView:
    """Put a report into words.

    Args:
        report: What was found.
        lang: Language of the sentences.
        reveal: Show personal data whole.
        secret: See `PairView`.
    """
    people = report.people
    verdicts = list(dict.fromkeys((*LINK_VERDICTS, *DEDUPE_VERDICTS)))
    pairs = report.judged.pairs
    if report.linking:
        pairs = pairs.with_columns(verdict="link", cluster=pl.lit(None, dtype=pl.String)).drop_nulls("verdict")
    told = with_reasons(replace(report.judged, pairs=pairs), people.model, people.schema, lang)
    told = with_advice(told, people, lang, linking=report.linking)
    words = {name: guard_text(name, lang) for name in (*GUARDS, "bridge", "decided")}
    told = told.with_columns(
        pl.col("score").cast(pl.Float64).round(6),
        guard_text=pl.col("guard").replace_strict(words, default=None, return_dtype=pl.String),
    )
    rank = pl.col("verdict").replace_strict(verdicts, list(range(len(verdicts))), return_dtype=pl.UInt8)
    told = told.sort([rank, "weight", "l", "r"], descending=[False, True, False, False])
    columns = ("l", "r", "verdict", "score", "weight", "cluster", "guard", "guard_text", "handling", "reasons")
    return PairView(report, lang, reveal, told.select(columns), secret)


def guard_text(name: str, lang: str) -> str:
    """Return what a guard says: what it is."""
    return str(catalogue.load(lang, "pairs")["guards"][name]["text"])

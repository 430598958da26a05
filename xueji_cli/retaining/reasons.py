"""Why a child is not there: words in states, remarks and proofs, looked up in the code table `absence_reason`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from xueji_cli.schema.codetables import load_code_table

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Words on a class list that say that somebody on it does not come.
ABSENT = ("辍学", "流失", "未到校", "不到校", "未报到", "没有报到", "未返校", "未来校", "自动离校")
#: Reasons with which a child on a class list is not in school although it is on the list.
AWAY = ("suspended", "leave", "died", "abroad", "missing", "transferring", "moved")
#: Reasons that take a child out of the population of age: it is not counted in rates.
GONE = ("died", "moved", "abroad")
#: Reasons with which a child who is in no roll is schooled all the same.
SCHOOLED = (
    "elsewhere",
    "graduated",
    "special_school",
    "reform_school",
    "vocational",
    "home_teaching",
    "guest",
    "transferring",
)
#: Reasons that only say something about the child and do not explain an absence.
NO_EXCUSE = ("disabled", "missing")

#: States of a roll that has ended, by the reason they give; others that have ended are told as dropouts.
ENDED = {
    "转出": "transferred",
    "毕业": "graduated",
    "结业": "graduated",
    "死亡": "died",
    "出国": "abroad",
    "公派出国": "abroad",
}
#: Ended states with which nobody may leave compulsory schooling.
QUIT = ("退学", "开除", "停学", "肄业", "下落不明", "其他离校")
#: States that mean a dropout who is still on the roll.
DROPPED = ("流失",)

_NOT = "未没无不非"


@cache
def reasons() -> tuple[str, ...]:
    """Return the codes of the reasons, those that are recognised first in front."""
    return tuple(entry.code for entry in load_code_table("absence_reason").entries)


@cache
def label(code: str) -> str:
    """Return a reason as the code table writes it."""
    return next(entry.label for entry in load_code_table("absence_reason").entries if entry.code == code)


def reason_of(text: pl.Expr) -> pl.Expr:
    """Return the code of the first reason whose words stand in a text; a word with 未, 没, 无, 不 or 非 before it does not count."""
    answer = pl.lit(None, dtype=pl.String)
    for entry in reversed(load_code_table("absence_reason").entries):
        words = (entry.label, *entry.aliases, *entry.accepted)
        answer = pl.when(says(text, words)).then(pl.lit(entry.code)).otherwise(answer)
    return answer


def says(text: pl.Expr, words: Iterable[str]) -> pl.Expr:
    """Say whether one of the words stands in a text; false where there is none."""
    longest = sorted(words, key=len, reverse=True)
    plain = "|".join(re.escape(word) for word in longest if word[0] not in _NOT)
    denied = "|".join(re.escape(word) for word in longest if word[0] in _NOT)
    # 没有请假, 不在外地就读, 未办理休学
    asserted = text.str.replace_all(f"[{_NOT}](?:有|在|是|曾|办理|办|申请)?(?:{plain})", "") if plain else text
    found = [asserted.str.contains(plain)] if plain else []
    found += [text.str.contains(denied)] if denied else []
    return pl.any_horizontal(found).fill_null(value=False)

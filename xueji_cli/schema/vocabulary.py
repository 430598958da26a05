"""Which headers mean which fields: exact names first, then a few careful readings of a header, never a guess."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from xueji_cli.schema.model import FieldType
from xueji_cli.tables.headers import normalise_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xueji_cli.schema.model import Field, Schema


class Tier(IntEnum):
    """How surely a header means a field; smaller is surer."""

    TITLE = 0
    ALIAS = 1
    FALLBACK = 2
    LOOSE = 3


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A header's claim on a field. Claims sort by how sure they are.

    Attributes:
        tier: How surely.
        place: Order inside the tier: earlier fallbacks before later ones; 0 for all titles and aliases.
        field: Name of the field.
    """

    tier: Tier
    place: int
    field: str


# Normalising changes nothing in such a header; the student schema alone has thousands of them.
_PLAIN = re.compile(r"[\u4e00-\u9fff0-9a-z]+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>|《[^《》]*》")
# A joined header whose upper part names somebody else (家长信息/姓名) must not be read by its lower part alone.
_OTHER_PERSON = re.compile(
    r"父|母|爸|妈|成员|家长|监护|亲属|亲戚|家属|联系人|兄|姐|班主任|教师|老师|户主|经办|填表|校长|负责人|审核"
)
# Another time or another place than the one a field stands for (原学校/名称, 毕业学校/名称).
_OTHER_PLACE = re.compile(r"原|曾|前|毕业|转入|转出|来源|去向|拟|变更|修改|新")
_OWN = re.compile(r"^(?:学生|本人|孩子|考生|幼儿|儿童|小孩|该生)")
_CODED = re.compile(r"(?:名称|代码|编码|码)$")


@lru_cache(maxsize=8192)
def header_key(header: str) -> str:
    """Return the form in which headers are looked up: normalised, the parts of a two-row header run together."""
    if _PLAIN.fullmatch(header):
        return header
    return normalise_header(header).replace("/", "")


def _readings(header: str) -> Iterator[tuple[str, bool]]:
    """Yield other ways to read a header nobody knows, surest first, and whether only a coded field may be meant."""
    joined = normalise_header(header)
    bare = _BRACKETS.sub("", joined).strip(" :-_")
    yield bare.replace("/", ""), False
    *upper, last = bare.split("/")
    if upper and not any(_OTHER_PERSON.search(part) or _OTHER_PLACE.search(part) for part in upper):
        yield last, False
        yield upper[-1], False
    else:
        last = bare.replace("/", "")
    own = _OWN.sub("", last)
    yield own, False
    yield _CODED.sub("", own), True


class HeaderIndex:
    """The headers of one schema."""

    def __init__(self, fields: Sequence[Field]) -> None:
        claims: defaultdict[str, list[Claim]] = defaultdict(list)
        for field in fields:
            claims[header_key(field.title)].append(Claim(Tier.TITLE, 0, field.name))
            for alias in (field.name, field.template_header, *field.aliases):
                if alias:
                    claims[header_key(alias)].append(Claim(Tier.ALIAS, 0, field.name))
            for place, fallback in enumerate(field.fallbacks):
                claims[header_key(fallback)].append(Claim(Tier.FALLBACK, place, field.name))
        # One claim for each field, its surest.
        self._claims = {
            key: tuple({claim.field: claim for claim in sorted(found, reverse=True)}.values())[::-1]
            for key, found in claims.items()
        }
        self._coded = {field.name for field in fields if field.type is FieldType.CODE}

    def claims(self, header: str) -> tuple[Claim, ...]:
        """Return what a header may mean, surest first; empty when nothing is known about it."""
        exact = self._claims.get(header_key(header), ())
        if exact:
            return exact
        for place, (reading, coded_only) in enumerate(_readings(header)):
            known = self._claims.get(reading, ())
            loose = tuple(
                Claim(Tier.LOOSE, place, claim.field)
                for claim in known
                if claim.tier <= Tier.ALIAS and (claim.field in self._coded or not coded_only)
            )
            if loose:
                return loose
        return ()

    def conflicts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return headers that two fields claim with the same right, each with the names of those fields."""
        found = []
        for key, claims in self._claims.items():
            rivals = tuple(claim.field for claim in claims if claim.tier == claims[0].tier <= Tier.ALIAS)
            if len(rivals) > 1:
                found.append((key, rivals))
        return found

    def known(self) -> list[str]:
        """Return every header that is known, in the form in which headers are looked up."""
        return list(self._claims)


class Vocabulary:
    """The headers of several schemas: what the door uses to find a header row."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        schemas = tuple(schemas)
        self._indexes = tuple(schema.headers for schema in schemas)
        # 父亲, 健康, 住校 are headers in some files and cells in most: they are no sign of a header row.
        entries = (entry for schema in schemas for table in schema.code_tables.values() for entry in table.entries)
        self._cells = {header_key(word) for e in entries for word in (e.label, *e.accepted, *e.aliases)}
        # The same headers stand in file after file.
        self.knows = lru_cache(maxsize=8192)(self._knows)

    def _knows(self, header: str) -> bool:
        """Say whether a header, as written in a file, names a field of any schema and could not as well be a cell."""
        return header_key(header) not in self._cells and any(index.claims(header) for index in self._indexes)

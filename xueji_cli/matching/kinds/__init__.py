"""The kinds of comparison that a model can be made of (`schema.matching.KINDS`)."""

from __future__ import annotations

from xueji_cli.matching.kinds.base import Answer, Kind
from xueji_cli.matching.kinds.idnumbers import IdNumbers
from xueji_cli.matching.kinds.names import Names, NameSets
from xueji_cli.matching.kinds.values import Addresses, Categories, Codes, Dates, Sets, Words

__all__ = ["KIND", "Answer", "Kind"]

#: Kind by its name.
KIND: dict[str, Kind] = {
    kind.name: kind
    for kind in (IdNumbers(), Names(), NameSets(), Dates(), Words(), Codes(), Addresses(), Sets(), Categories())
}

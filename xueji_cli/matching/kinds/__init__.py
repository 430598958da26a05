"""The kinds of comparison that a model can be made of (`schema.matching.KINDS`)."""

from __future__ import annotations

from xueji_cli.matching.kinds.addresses import Addresses
from xueji_cli.matching.kinds.base import Answer, Kind
from xueji_cli.matching.kinds.days import Categories, Dates
from xueji_cli.matching.kinds.idnumbers import IdNumbers
from xueji_cli.matching.kinds.names import Names
from xueji_cli.matching.kinds.sets import NameSets, Sets
from xueji_cli.matching.kinds.words import Codes, Words

__all__ = ["KIND", "Answer", "Kind"]

#: Kind by its name.
KIND: dict[str, Kind] = {
    kind.name: kind
    for kind in (IdNumbers(), Names(), NameSets(), Dates(), Words(), Codes(), Addresses(), Sets(), Categories())
}

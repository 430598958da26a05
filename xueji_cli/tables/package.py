"""The container of .xlsx and .xlsb: parts in a ZIP archive, and the relations that lead from one to another."""

from __future__ import annotations

import io
import posixpath
import zipfile
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    """Name of the part that holds it; empty when the relations do not lead to one."""
    hidden: bool


class Package:
    """An open package; names of parts are found without regard to case, as Office does."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._names = {name.lower(): name for name in self._archive.namelist()}

    def __enter__(self) -> Package:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._names

    def read(self, part: str) -> bytes:
        """Return a part.

        Raises:
            KeyError: There is none of that name.
        """
        return self._archive.read(self._names[part.lower()])

    def xml(self, part: str) -> etree._Element | None:
        """Return a part as a tree, without entities or network; None when there is none of that name."""
        from lxml import etree

        if part not in self:
            return None
        return etree.fromstring(
            self.read(part), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        )

    def relations(self, part: str) -> dict[str, str]:
        """Return the targets of a part's relations by their ids; those outside the package are left out."""
        folder, name = posixpath.split(part)
        tree = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for relation in tree if tree is not None else ():
            target = (relation.get("Target") or "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if path in self:
                found[relation.get("Id") or ""] = self._names[path.lower()]
        return found

    def sheets(self) -> list[SheetPart]:
        """List the sheets of an .xlsx in workbook order."""
        workbook = self.xml("xl/workbook.xml")
        if workbook is None:
            return []
        parts = self.relations("xl/workbook.xml")
        sheets = []
        for sheet in workbook.iter("{*}sheet"):
            ids = [value for key, value in sheet.attrib.items() if key.endswith("}id")]
            hidden = sheet.get("state", "visible") != "visible"
            sheets.append(SheetPart(sheet.get("name", ""), parts.get(ids[0], "") if ids else "", hidden))
        return sheets

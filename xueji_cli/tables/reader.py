"""Read the tables of any file people send: decide what it is by its content, find the header, keep the row numbers."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import polars as pl

from xueji_cli.errors import InputError
from xueji_cli.tables import blob as blobs
from xueji_cli.tables import facts, markup, region, sniff, text
from xueji_cli.tables.blob import Blob, megabytes
from xueji_cli.tables.encoding import likely_utf8, to_utf8
from xueji_cli.tables.grid import Grid, Merge
from xueji_cli.tables.header import HEAD_ROWS, Header, find_header, header_at
from xueji_cli.tables.options import MAX_LINE, ReadOptions, Vocabulary
from xueji_cli.tables.parquet import read_parquet
from xueji_cli.tables.secret import Password
from xueji_cli.tables.table import Fact, Source, Table

__all__ = ["ReadOptions", "Vocabulary", "read_blob", "read_tables"]

#: How many cells of an unknown header are shown.
_SEEN = 8

#: The sheets that a marked copy of a workbook has besides the user's own, in either language.
_OWN_SHEETS = (("问题清单", "汇总"), ("Findings", "Summary"))


def read_tables(path: str, options: ReadOptions, vocabulary: Vocabulary) -> list[Table]:
    """Read every table of a file that looks like a roster, or the one sheet that was asked for.

    Args:
        path: The file; `-` for stdin.
        options: How to read it.
        vocabulary: Knows the headers of all schemas.

    Returns:
        At least one table, in the order of the sheets.

    Raises:
        InputError: The file can't be read, or nothing in it is a roster; the error says why and what to do next.
    """
    return read_blob(blobs.load(path, options.max_bytes), options, vocabulary)


def read_blob(blob: Blob, options: ReadOptions, vocabulary: Vocabulary) -> list[Table]:
    """Read the tables of a file whose bytes are there already, as `read_tables` does."""
    if options.keys is not None and options.keys.holds(blob.path):
        raise InputError("password_file_as_input", file=blob.path)
    try:
        return _Reading(blob, options, vocabulary.knows).tables()
    except InputError as error:
        if error.key != "password_protected" or options.keys is None:
            raise
    from xueji_cli.tables.locked import unlocked

    opened, password = unlocked(blob, options.keys)
    try:
        return _Reading(opened, options, vocabulary.knows, password).tables()
    except InputError as error:
        # A lock behind the lock: no program makes such a file.
        raise InputError("corrupt", file=blob.path) if error.key == "password_protected" else error from None


class _Reading:
    """The reading of one file."""

    def __init__(
        self, blob: Blob, options: ReadOptions, knows: Callable[[str], bool], password: Password | None = None
    ) -> None:
        self.blob = blob
        self.password = password
        self.options = options
        self._answers: dict[str, bool] = {}
        self._vocabulary = knows
        self.skipped: list[tuple[Grid, InputError]] = []

    def knows(self, header: str) -> bool:
        """Ask the vocabulary, once for each header."""
        answer = self._answers.get(header)
        if answer is None:
            answer = self._answers[header] = self._vocabulary(header)
        return answer

    def tables(self) -> list[Table]:
        """Read the file."""
        kind = sniff.sniff(self.blob, self.options.max_bytes)
        if kind in sniff.WORKBOOKS:
            tables = self._workbook(kind)
        elif kind == "html":
            grids, encoding = markup.read_html(self.blob, self.options.encoding)
            tables = self._grids(grids, kind, encoding)
        elif kind == "xml2003":
            tables = self._grids(markup.read_xml2003(self.blob), kind, None)
        elif kind == "parquet":
            tables = self._grids([read_parquet(self.blob)], kind, None)
        else:
            found, encoding = self._text()
            tables = self._grids([found.grid], found.kind, encoding)
        if not tables:
            raise self._failure()
        tables[0] = replace(tables[0], facts=(*self._file_facts(tables[0].source), *tables[0].facts))
        return tables

    def _text(self) -> tuple[text.Text, str]:
        blob = self.blob
        if self.options.encoding is None and (likely := likely_utf8(blob.data)):
            # Reading proves the encoding as it goes, which spares large files a pass of its own.
            with suppress(UnicodeDecodeError):
                return self._read_text(blob.data), likely
        data, encoding = to_utf8(blob, self.options.encoding)
        return self._read_text(data), encoding

    def _read_text(self, data: bytes) -> text.Text:
        # A mark is no text; taking it off a large file would copy the file.
        if not data[:4096].removeprefix(BOM_UTF8).strip() and not data.removeprefix(BOM_UTF8).strip():
            raise InputError("empty_file", file=self.blob.path)
        if (line := text.too_long_line(data)) is not None:
            raise InputError("line_too_long", file=self.blob.path, line=line, limit=megabytes(MAX_LINE))
        return text.read_text(data, self.options.header_row, self.knows)

    # --- sheets ---

    def _workbook(self, kind: str) -> list[Table]:
        from xueji_cli.tables import oldbook
        from xueji_cli.tables.workbook import Workbook

        if kind == "xls" and oldbook.is_old(self.blob):
            return self._grids(oldbook.read_old(self.blob), kind, None)
        book = Workbook(self.blob, kind)
        chosen = self._choose([sheet.name for sheet in book.sheets])
        tables = []
        for index in chosen:
            table = self._table(book.read(book.sheets[index]), kind, None)
            if table is not None:
                tables.append(table)
        return tables

    def _grids(self, grids: list[Grid], kind: str, encoding: str | None) -> list[Table]:
        # A file with one table and no sheet names has nothing to choose from.
        single = len(grids) == 1 and grids[0].sheet is None
        chosen = [0] if single else self._choose([grid.sheet or str(i + 1) for i, grid in enumerate(grids)])
        return [table for index in chosen if (table := self._table(grids[index], kind, encoding)) is not None]

    def _choose(self, names: list[str]) -> list[int]:
        """Return the places of the sheets to read."""
        wanted = self.options.sheet
        if wanted is None:
            # A marked copy that was corrected and comes back: its own two sheets are no rosters.
            own = next((pair for pair in _OWN_SHEETS if set(pair) < set(names)), ())
            return [index for index, name in enumerate(names) if name not in own]
        folded = [name.strip().casefold() for name in names]
        if wanted in names:
            return [names.index(wanted)]
        if wanted.strip().casefold() in folded:
            return [folded.index(wanted.strip().casefold())]
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(names):
            return [int(wanted) - 1]
        raise InputError("sheet_not_found", file=self.blob.path, sheet=wanted, sheets="、".join(names[:50]))

    def _table(self, grid: Grid, kind: str, encoding: str | None) -> Table | None:
        """Make a table of a sheet; None, and the reason kept, when it is not a roster."""
        try:
            header = self._header(grid)
            cut = region.cut(grid, header)
            if not cut.frame.height:
                raise InputError("no_data_rows", file=self.blob.path, row=header.last + 1)
        except InputError as error:
            self.skipped.append((grid, error))
            return None
        source = Source(
            path=self.blob.path,
            sheet=grid.sheet,
            kind=kind,
            digest=self.blob.digest,
            encoding=encoding,
            named=None if sniff.kept_promise(self.blob.suffix, kind) else self.blob.suffix.removeprefix("."),
            password=self.password,
        )
        return Table(source, header.last + 1, cut.columns, cut.frame, cut.numeric, cut.facts)

    def _header(self, grid: Grid) -> Header:
        given = self.options.header_row
        header = header_of(grid.frame, given, self.knows, grid.merges)
        if header is not None:
            return header
        if given is not None:
            raise InputError("header_row_not_there", file=self.blob.path, row=given)
        if not _any_value(grid.frame):
            raise InputError(
                "picture_only" if grid.drawing else "no_cells", file=self.blob.path, sheet=grid.sheet or ""
            )
        seen = _seen(_by_position(grid.frame.head(HEAD_ROWS)))
        raise InputError("no_header", file=self.blob.path, sheet=grid.sheet or "", seen="、".join(seen), headers=seen)

    # --- what is said about the file as a whole ---

    def _file_facts(self, source: Source) -> list[Fact]:
        noticed = file_facts(source)
        for grid, error in self.skipped:
            if error.key != "no_cells":
                params = {"sheet": grid.sheet or "", "hidden": grid.hidden, "reason": error.key}
                noticed.append(Fact(facts.SHEET_SKIPPED, params=params))
        return noticed

    def _failure(self) -> InputError:
        """Choose what to say about a file without a roster: the sheet that came closest decides."""
        order = ["header_row_not_there", "no_data_rows", "no_header", "picture_only", "no_cells"]
        errors = sorted((error for _, error in self.skipped), key=lambda error: order.index(error.key))
        return errors[0] if errors else InputError("no_cells", file=self.blob.path, sheet="")


def header_of(
    frame: pl.DataFrame, given: int | None, knows: Callable[[str], bool], merges: Sequence[Merge] = ()
) -> Header | None:
    """Find the header of a sheet.

    Args:
        frame: The sheet, or its first rows (`HEAD_ROWS`, or one more than `given`).
        given: Row number of the header, when the user gave it.
        knows: Says whether a header names a known field.
        merges: Merged ranges of the sheet.
    """
    # Cells by position: leading blank columns count.
    rows = _by_position(frame.head(max(HEAD_ROWS, (given or 0) + 1)))
    return find_header(rows, knows, merges) if given is None else header_at(rows, given - 1, knows, merges)


def file_facts(source: Source) -> list[Fact]:
    """Tell what is odd about a file as a whole."""
    if not source.named:
        return []
    return [Fact(facts.WRONG_NAME, params={"kind": source.kind, "named": source.named})]


def _by_position(frame: pl.DataFrame) -> list[list[str | None]]:
    first = int(frame.columns[0][1:]) if frame.columns else 0
    return [[None] * first + list(row) for row in frame.iter_rows()]


def _any_value(frame: pl.DataFrame) -> bool:
    return any(frame[name].null_count() < frame.height for name in frame.columns)


def _seen(rows: list[list[str | None]]) -> list[str]:
    """Return what stands where a header should be, unless it could be a child: a header has no digits."""
    filled = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows]
    widest = max((cells for cells in filled), key=len, default=[])
    if any(sum(char.isdigit() for char in cell) >= 6 for cell in widest):
        return []
    return [cell[:20] for cell in widest if not any(char.isdigit() for char in cell)][:_SEEN]

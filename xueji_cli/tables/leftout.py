"""Rows below a header that hold no child: blank ones, footers, notes, and headers printed again on every page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from xueji_cli.tables import facts
from xueji_cli.tables.header import Header
from xueji_cli.tables.headers import normalise_header, shown_header
from xueji_cli.tables.table import ROW, Fact

# A footer says what it is in its first cell. Sums may stand alone; a role or a place needs its colon or "signature", so that
# a child cannot be taken for one.
_FOOTER = (
    r"^[\s　]*(?:"
    r"(?:合\s*计|总\s*计|小\s*计|共\s*计|总\s*人\s*数|合计人数|本页小计|本班合计)\s*(?:$|[:：\d（(人共为])"
    r"|(?:填\s*表|填\s*报|制\s*表|审\s*核|复\s*核|审\s*批|经\s*办|负\s*责|联\s*系|统\s*计|录\s*入|打\s*印|导\s*出|上\s*报|报\s*送)"
    r"\s*(?:人|者|员|单\s*位|学\s*校|日\s*期|时\s*间|电\s*话|领\s*导)?\s*(?:签\s*[字名章])?\s*(?:[（(][^（()）]*[)）])?\s*(?:[:：]|$)"
    r"|(?:校\s*长|园\s*长|班\s*主\s*任|单\s*位|学\s*校|学\s*籍\s*管\s*理\s*员|主\s*管|分\s*管|领\s*导)[^:：]{0,8}?"
    r"(?:签\s*[字名章]|盖\s*章)"
    r"|(?:校\s*长|园\s*长|班\s*主\s*任|电\s*话|日\s*期|学\s*籍\s*管\s*理\s*员|主\s*管\s*领\s*导|分\s*管\s*领\s*导)\s*[:：]"
    r"|(?:备\s*注|附\s*注|说\s*明|注\s*意(?:事\s*项)?|填写说明|填表说明|填报说明|填表须知|填报须知|提\s*示|注)\s*\d{0,2}\s*[:：.．、]"
    r"|(?:填写说明|填表说明|填报说明|注意事项|填表须知|填报须知)\s*$"
    r"|[（(]?\s*以下\s*(?:空\s*白|无\s*正\s*文)|第\s*\d+\s*页|共\s*\d+\s*页|[（(]\s*盖\s*章\s*[）)]"
    r")"
)
_REMARK_HEADERS = re.compile("备注|说明|附注")
# The hint row of a template, right below its header.
_HINTS = frozenset(
    [
        "必填",
        "选填",
        "必录",
        "非必填",
        "可选",
        "可填",
        "可空",
        "必填项",
        "选填项",
        "非必填项",
        "文本",
        "日期",
        "数字",
        "下拉",
        "下拉选择",
        "系统生成",
        "自动生成",
    ]
)
#: What stands alone under 姓名 at the end of a sheet and is nobody: a date, an office, a signature line, a sentence.
_NO_NAME = re.compile(
    r"\d{4}\s*[年./-]|(?:小学|中学|学校|教务处|政教处|教导处|办公室|教育局|签\s*[名字章]|盖\s*章|核对|日期)\s*[:：]?$|^(?:以上|上述|共\d)"
)
#: Rows at the end that may be no children although nothing in their words says so.
_LOOSE_ENDS = 8
#: They are looked for among so many rows, of which the others are footers. What is left out of a table hangs on no more rows around
#: a row than these, so that a table can be cut in pieces (`tables.pieces`).
END_ROWS = 1000
#: So many different rows that look like a header are none: the file is full of one value.
_MANY_HEADERS = 1000
_PUNCTUATION = re.compile("[，。；：！、]")


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows below the header that hold no child, by the reason they are left out for (row numbers as Excel shows)."""

    blank: list[int]
    repeated: list[int]
    footers: list[int]

    @property
    def rows(self) -> list[int]:
        """Those that are still in the frame."""
        return [*self.repeated, *self.footers]

    @classmethod
    def find(
        cls, body: pl.DataFrame, blank: list[int], head: pl.DataFrame, header: Header, *, first: bool, last: bool
    ) -> Dropped:
        """Find the rows to leave out.

        Args:
            body: Everything below the header, or a piece of it, blank rows gone.
            blank: Numbers of the blank rows.
            head: The sheet, as far as its header at least: the rows of its title and header.
            header: Its header.
            first: The piece begins below the header.
            last: It reaches to the end.
        """
        names = [name for name in body.columns if name != ROW]
        positions = [int(name[1:]) for name in names]
        leading = _first_filled(body, names)
        candidates = body.filter(leading.str.contains(_FOOTER).fill_null(value=False))
        # A loop over the few rows whose first filled cell reads like a footer.
        footers = [row[0] for row in candidates.iter_rows() if _is_footer(row[1:], positions, header)]
        if last:
            footers += _loose_ends(body, names, header, set(footers))
        repeated = _repeated(body, head, header)
        if first:
            footers += _notes_below(body, header, {*footers, *repeated})
        return cls(blank, repeated, sorted(set(footers)))

    def facts(self, last: int) -> list[Fact]:
        """Tell what was left out; blank rows below the last child, in row `last`, are not worth a word."""
        noticed = [Fact(facts.HEADER_REPEATED, row) for row in self.repeated]
        noticed += [Fact(facts.FOOTER_DROPPED, row) for row in self.footers]
        between = [row for row in self.blank if row < last]
        if between:
            params = {"count": len(between), "rows": facts.row_list(between)}
            noticed.append(Fact(facts.BLANK_ROWS, between[0], params=params))
        return noticed


def without_blank(body: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Leave out rows without a value, and rows of nothing but white space; return their numbers, too."""
    names = [name for name in body.columns if name != ROW]
    first = _first_filled(body, names)
    # Only rows that begin with white space need a look at all their cells.
    doubtful = first.is_null() | (first.str.strip_chars() == "").fill_null(value=False)
    if not doubtful.any():
        return body, []
    blanks = (pl.col(name).str.strip_chars().fill_null("") == "" for name in names)
    blank = body.filter(doubtful).filter(pl.all_horizontal(*blanks, pl.lit(value=True)))[ROW]
    return body.filter(~pl.col(ROW).is_in(blank.implode())), blank.to_list()


def _first_filled(body: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the first filled cell of each row, looking only as far right as there are rows without one."""
    first = pl.repeat(None, body.height, dtype=pl.String, eager=True)
    for name in names:
        first = body[name] if first.null_count() == body.height else first.zip_with(first.is_not_null(), body[name])
        if not first.null_count():
            break
    return first


def _loose_ends(body: pl.DataFrame, names: Sequence[str], header: Header, gone: set[int]) -> list[int]:
    """Find rows at the end that have one cell and no name in it: a date, an office, 家长签名, a sentence.

    A row whose only cell stands under 姓名 and can be a name stays: it may be a child of whom nothing else is known. So does one
    with a number in it that could be an ID; and, in a list of schools or classes, one that names the school.
    """
    rows: list[int] = []
    of_schools = not any("姓名" in name for name in header.names)
    end = body.tail(min(END_ROWS, _LOOSE_ENDS + len(gone)))
    left = end.filter(~pl.col(ROW).is_in(sorted(gone))) if gone else end
    for row in reversed(left.tail(_LOOSE_ENDS).rows()):
        filled = [
            (int(name[1:]), cell.strip()) for name, cell in zip(names, row[1:], strict=True) if cell and cell.strip()
        ]
        if len(filled) != 1:
            break
        position, cell = filled[0]
        named = position < len(header.names) and "名" in header.names[position].replace("签名", "")
        school = of_schools and position < len(header.names) and "校" in header.names[position]
        if (
            school
            or (named and not _NO_NAME.search(cell))
            or not re.search(r"\D", cell)
            or re.search(r"\d{8}", cell)
            or len(cell) < 2
        ):
            break
        rows.append(row[0])
    return rows


def _is_footer(cells: Sequence[str | None], positions: Sequence[int], header: Header) -> bool:
    """Judge a row whose first filled cell may be that of a footer: it must be mostly empty, too."""
    filled = [
        (position, cell.strip()) for position, cell in zip(positions, cells, strict=True) if cell and cell.strip()
    ]
    position, cell = filled[0]
    named = sum(1 for name in header.names if name)
    if not re.match(_FOOTER, cell):
        return False
    if position < len(header.names) and _REMARK_HEADERS.search(header.names[position]):
        return False
    # Sums fill many cells, all with short numbers; only a child has an ID or a roll number.
    others = [text for _, text in filled[1:]]
    if any(re.fullmatch(r"[A-Z]?\d{12,18}[\dXx]?", text) for text in others):
        return False
    return len(filled) * 2 <= max(named, 2) or all(re.fullmatch(r"[\d.,%人]{1,8}", text) for text in others)


def _repeated(body: pl.DataFrame, head: pl.DataFrame, header: Header) -> list[int]:
    """Find header rows, and title rows, that come again inside the data (printed pages pasted together)."""
    rows: list[int] = []
    # Asked once: a frame of 16,384 columns lists their names anew each time.
    columns = set(body.columns)
    for index in range(header.first, header.last + 1):
        texts = {
            name: cell
            for name, cell in zip(head.columns, head.row(index), strict=True)
            if cell and cell.strip() and name in columns
        }
        if len(texts) < 2:
            continue
        # Exact equality of a handful of columns finds the candidates; the rest of the row confirms them.
        probe = list(texts.items())[:6]
        equal = pl.sum_horizontal((pl.col(name) == text).fill_null(value=False) for name, text in probe)
        candidates = body.filter(equal >= min(2, len(probe)))
        # A header that is printed on every page is the same row thousands of times.
        different = candidates.drop(ROW).unique(maintain_order=True)
        if different.height > _MANY_HEADERS:
            continue
        wanted = {name: normalise_header(text) for name, text in texts.items()}
        again = []
        for place, row in enumerate(different.iter_rows(named=True)):
            cells = {name: normalise_header(cell) for name, cell in row.items() if cell and cell.strip()}
            same = sum(1 for name, text in cells.items() if wanted.get(name) == text)
            if same >= 2 and same * 5 >= len(cells) * 4:
                again.append(place)
        if again:
            names = different.columns
            rows += candidates.join(different[again], on=names, how="semi", nulls_equal=True)[ROW].to_list()
    if rows:
        rows += _repeated_titles(body, head, header, set(rows))
    return sorted(set(rows))


def _repeated_titles(body: pl.DataFrame, head: pl.DataFrame, header: Header, repeated: set[int]) -> list[int]:
    titles = {
        tuple(shown_header(cell) for cell in row if cell and cell.strip())
        for row in head.head(header.first).iter_rows()
    }
    above = sorted({row - back for row in repeated for back in range(1, header.first + 2)} - repeated)
    candidates = body.filter(pl.col(ROW).is_in(above))
    return [
        row[0]
        for row in candidates.iter_rows()
        if (texts := tuple(shown_header(cell) for cell in row[1:] if cell and cell.strip())) and texts in titles
    ]


def _notes_below(body: pl.DataFrame, header: Header, gone: set[int]) -> list[int]:
    """Find notes right below the header: column numbers, hints to fill in, one long sentence."""
    named = sum(1 for name in header.names if name)
    notes = []
    for row in body.head(5).iter_rows():
        if row[0] in gone:
            continue
        filled = [(position, cell.strip()) for position, cell in enumerate(row[1:]) if cell and cell.strip()]
        cells = [cell for _, cell in filled]
        numbers = len(cells) >= 3 and [cell.strip("()（）") for cell in cells] == [
            str(n) for n in range(1, len(cells) + 1)
        ]
        hints = len(cells) >= 2 and all(cell.strip("()（）*[]") in _HINTS for cell in cells)
        sentence = named >= 4 and len(cells) == 1 and len(cells[0]) >= 12 and _PUNCTUATION.search(cells[0]) is not None
        if not (numbers or hints or sentence):
            break
        notes.append(row[0])
    return notes

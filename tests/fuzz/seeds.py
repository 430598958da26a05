"""What the campaign begins with: the tests' own made files, and the files that users write."""

from __future__ import annotations

import io
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent)]

import hostile_files as hostile
import table_files as make

#: Kinds of files that users write, in the order of the first byte of an input.
WRITTEN = (
    "schema",
    "rulepack",
    "scoresheet",
    "settings",
    "codes",
    "decisions",
    "entries",
    "log",
    "names",
    "state",
    "undo",
    "ledger",
)


def tables() -> dict[str, bytes]:
    """Return a small file of every kind that is read as a table."""
    import polars as pl

    rows = make.ROSTER
    text = make.csv_text(rows)
    frame = pl.DataFrame({str(name): [str(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])})
    typed = frame.with_columns(
        n=pl.Series([1, None, 3]), f=pl.Series([1.5, 2.0, None]), d=pl.Series(["2020-01-02"] * 3).str.to_date()
    )
    plain, packed = io.BytesIO(), io.BytesIO()
    frame.write_parquet(plain, compression="uncompressed", statistics=False)
    typed.write_parquet(packed, compression="zstd")

    def rich(book: object, page: object) -> None:
        page.merge_range("A6:B7", "合并")  # type: ignore[attr-defined]
        page.set_row(2, None, None, {"hidden": True})  # type: ignore[attr-defined]
        page.set_column(3, 3, 10, None, {"hidden": True})  # type: ignore[attr-defined]
        page.write_formula("C8", "=1/0", None, "#DIV/0!")  # type: ignore[attr-defined]
        page.write_datetime(
            "C9", __import__("datetime").datetime(2020, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"})
        )  # type: ignore[attr-defined]

    cells = [[str(cell or "") for cell in row] for row in rows]
    found = {
        "plain.xlsx": make.xlsx(rows),
        "rich.xlsx": make.xlsx(rows, change=rich),
        "titled.xlsx": make.xlsx([["虚谷小学花名册"], [], *rows], left=1),
        "inline.xlsx": hostile.sheet(hostile.cells(1, *hostile.HEAD) + hostile.cells(2, *hostile.CHILD)),
        "a.xlsb": make.xlsb(rows, hidden_rows=[2], hidden_columns=[1], merges=[(1, 2, 0, 1)]),
        "shared.xlsb": make.xlsb([*rows, ["#N/A"]], shared=True),
        "a.xls": make.biff5(rows),
        "b.xls": make.locked_xls(),
        "c.xls": make.locked_xlsx(),
        "bare.xls": bytes.fromhex("09000400020010000000"),
        "a.ods": hostile.ods("".join(hostile.ods_row(*row) for row in cells)),
        "a.html": make.html(rows, head="<h3>虚谷小学</h3>").encode(),
        "gb.html": make.html(rows, charset="gb2312").encode("gb18030"),
        "a.xml": make.xml2003(rows).encode(),
        "a.csv": text.encode(),
        "gb.csv": text.encode("gb18030"),
        "utf16.csv": text.encode("utf-16"),
        "quoted.csv": ('姓名,性别,备注\n"张,三",男,"一\n二"\n"李""四",女,\n').encode(),
        "a.tsv": make.csv_text(rows, "\t", "\n").encode(),
        "a;.txt": ("虚谷小学\n\n" + make.csv_text(rows, ";", "\r")).encode(),
        "plain.parquet": plain.getvalue(),
        "typed.parquet": packed.getvalue(),
    }
    for path in sorted((ROOT / "sample_data").glob("*.xls*")):
        if path.stat().st_size < 40_000:
            found[path.name] = path.read_bytes()
    return found


def written() -> dict[str, bytes]:
    """Return files that users write, each behind the byte that says what it is."""
    schemas, samples = ROOT / "schemas", ROOT / "sample_data"
    texts: dict[str, list[bytes]] = {
        "schema": [
            (b"extends: student\nname: mine\nmarkers: [name]\nremove: [photo]\nfields:\n  - name: bus_route\n    aliases: [\xe6\xa0\xa1\xe8\xbd\xa6]\n"
            b"    type: text\n    required: true\n    max_length: 10\n    pii: low\n"),
            (b"name: x\ngroups:\n  g: {prefixes: [a], fallback_prefixes: [b]}\nfields:\n- {name: a, aliases: [\xe5\xa7\x93\xe5\x90\x8d], group: g}\n- {name: b, code: sex}\n"
            b"matching:\n  compare:\n  - {name: a, kind: name, m: {exact: 0.9}}\n  keys: [[a]]\n  bounds: {g: [-4, 12]}\n  duplicate: 0.9\n"),
        ],
        "rulepack": [
            b"name: mine\nextends: national-2025\nrules:\n  ID14: {severity: warning, source: x, params: {older: 20}}\n  PT01:\n    severity: off\n"
        ],
        "scoresheet": [(schemas / "scoresheets" / "lingbi-2021.yaml").read_bytes()[:6000]],
        "settings": [
            'schema = "student"\nas_of = 2025-10-15\nselect = ["ID", "DT"]\nreveal = false\nheader_row = 2\nmemory = "1GB"\n[map]\n"证件号" = "身份证件号"\n'
            '[rule.ID14]\nseverity = "warning"\nolder = 20\n'.encode()
        ],
        "codes": ["code,label,aliases,accepted,listed,source\n1,甲,a|b,c,1,x\n2,乙,,,,\n".encode()],
        "decisions": ["结论,记录键\n同一人,0123abcd-89abcdef\n不是同一人,0123abcd-89abcde0\n待定,0123abcd-89abcde1\n".encode()],
        "entries": [(samples / "人籍比对" / "检查记录.csv").read_bytes()[:2500]],
        "log": [make.xlsx([["异动类型", "姓名", "身份证件号", "转出学校", "转入学校", "申请日期", "批准日期"], ["转出", "张三", "341323201204120018", "甲小学", "乙小学", "2025-03-12", "2025-03-20"]]),
                "异动类型,姓名,身份证件号,转出学校,转入学校,申请日期\n转入,张三,341323201204120018,甲,乙,2025-03-12\n".encode()],
        "names": ["简称,全称\n实小,虚谷小学\n二小,虚谷第二小学\n".encode()],
        "state": [b'{"schema": "xueji/clean-state/v1", "options": "x", "files": {"a.csv": "00"}}'],
        "undo": [
            "file,sheet,row,column,cell,field,rule,kind,applied,before,after,to_file,to_row,to_column,exact\n"
            "a.csv,,2,姓名,E2,name,NM01,safe,true,赵 雨桐,赵雨桐,roster.csv,2,姓名,\n".encode()
        ],
        "ledger": [(samples / "控辍" / "上期台账.csv").read_bytes()[:2500]],
    }  # fmt: skip
    return {
        f"{kind}-{number}": bytes([WRITTEN.index(kind)]) + text
        for kind, found in texts.items()
        for number, text in enumerate(found)
    }

"""Write docs/rules.md from the rules, and the pictures of the README from sample_data.

    python docs/make_docs.py [--check]

`--check` only compares docs/rules.md, and ends with 1 when it is out of date. The pictures of the workbook and the page need LibreOffice,
pdftoppm and Chromium; without them they stay as they are, and that is said.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from xueji_cli.checks.activation import activate, known_parameters
from xueji_cli.checks.registry import known_rules
from xueji_cli.messages import catalogue
from xueji_cli.schema.rulepack import load_rulepack
from xueji_cli.settings import DEFAULT_PACK, Settings

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
SAMPLE = ROOT / "sample_data" / "青禾镇中心小学.xlsx"
AS_OF = date(2025, 10, 15)


def rules_page() -> str:
    """Return docs/rules.md."""
    words, labels = catalogue.load("zh", "rules"), catalogue.load("zh", "check")["severity"]
    fixable = catalogue.text("zh", "check.fixable")
    active = activate(load_rulepack(DEFAULT_PACK, (), known_parameters()), {}, (), (), among=known_rules())
    lines = ["# 规则", "", f"共 {len(active)} 条，由程序生成；级别和依据按规则包 {DEFAULT_PACK}。", ""]
    for code, rule in active.items():
        text = words[code]
        lines += [f"## {code} {text['title']}", "", f"`{rule.rule.slug}` · {labels[rule.severity.value]}", ""]
        lines += [
            f"{text['why']}",
            "",
            f"- 改法：{text['suggestion']}{fixable if rule.rule.fixable else ''}",
            f"- 例子：{text['example']}",
            f"- 依据：{rule.source}",
        ]
        if rule.params:
            lines.append("- 参数：" + "，".join(f"`{name} = {value}`" for name, value in rule.params.items()))
        lines.append("")
    return "\n".join(lines)


def terminal_picture() -> None:
    """Write the picture of the terminal."""
    from rich.console import Console as RichConsole

    from xueji_cli.commands.check import run
    from xueji_cli.console import Console
    from xueji_cli.reports.text import render_text
    from xueji_cli.reports.view import finding_view

    settings = Settings(as_of=AS_OF, select=("TB", "ID", "NM", "FD01"))
    report = run([str(SAMPLE.relative_to(Path.cwd()))], settings, Console("zh"))
    page = render_text(report, finding_view(report, lang="zh"), lang="zh", width=100, limit=2)
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        recorder = RichConsole(record=True, width=100, file=nowhere, force_terminal=True, color_system="truecolor")
        recorder.print(page, markup=False, highlight=False, soft_wrap=True)
    drawing = recorder.export_svg(title="xueji check 青禾镇中心小学.xlsx")
    (IMAGES / "terminal.svg").write_text(_widened(drawing), encoding="utf-8", newline="\n")


def _widened(drawing: str) -> str:
    """Give Chinese text its room: Rich squeezes every character of a text into one cell, and ours take two."""
    from rich.cells import cell_len

    def widen(match: re.Match[str]) -> str:
        text = html.unescape(match["text"])
        length = float(match["length"]) / max(len(text), 1) * cell_len(text)
        return f'{match["head"]}textLength="{length:g}"{match["rest"]}>{match["text"]}</text>'

    pattern = r'(?P<head><text [^>]*?)textLength="(?P<length>[0-9.]+)"(?P<rest>[^>]*)>(?P<text>[^<]*)</text>'
    return re.sub(pattern, widen, drawing)


def office_pictures() -> None:
    """Write the pictures of the annotated workbook and of the page."""
    tools = {name: shutil.which(name) for name in ("soffice", "pdftoppm", "chromium")}
    if not all(tools.values()):
        print("no new pictures of the workbook and the page; missing:", [n for n, path in tools.items() if not path])
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book, page = folder / "book.xlsx", folder / "page.html"
        command = [sys.executable, "-m", "xueji_cli", "check", str(SAMPLE), "--as-of", AS_OF.isoformat(), "-q"]
        subprocess.run(
            [*command, "--fail-on", "never", "-o", str(book), "-o", str(page)], check=True, stdout=subprocess.DEVNULL
        )
        _one_page(book)
        subprocess.run(
            ["soffice", "--headless", "--convert-to", "pdf", "--outdir", name, str(book)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        subprocess.run(
            [
                "pdftoppm",
                "-png",
                "-r",
                "150",
                "-x",
                "60",
                "-y",
                "80",
                "-W",
                "1640",
                "-H",
                "700",
                "-f",
                "1",
                "-l",
                "1",
                "-singlefile",
                str(folder / "book.pdf"),
                str(folder / "book"),
            ],
            check=True,
        )
        shutil.copy(folder / "book.png", IMAGES / "workbook.png")
        chromium = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=1200,900",
            "--hide-scrollbars",
        ]
        subprocess.run(
            [*chromium, "--virtual-time-budget=3000", f"--screenshot={IMAGES / 'page.png'}", page.as_uri()],
            check=True,
            stderr=subprocess.DEVNULL,
        )


def scoresheet_picture() -> None:
    """Write the picture of a filled scoresheet."""
    if not all(map(shutil.which, ("soffice", "pdftoppm"))):
        print("no new picture of the scoresheet: soffice or pdftoppm is missing")
        return
    sample = ROOT / "sample_data" / "人籍比对"
    with tempfile.TemporaryDirectory() as name:
        command = [
            sys.executable,
            "-m",
            "xueji_cli",
            "reconcile",
            str(sample / "系统导出.csv"),
            "--as-of",
            AS_OF.isoformat(),
        ]
        command += ["--actual", str(sample / "班级名单"), "--schools", str(sample / "学校名单.csv")]
        command += ["--entries", str(sample / "检查记录.csv"), "--fail-on", "never", "-q", "-o", f"{name}/"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (book,) = Path(name).glob("桃塘镇中心小学.xlsx")
        subprocess.run(
            ["soffice", "--headless", "--convert-to", "pdf", "--outdir", name, str(book)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        picture = ["pdftoppm", "-png", "-r", "90", "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run([*picture, str(book.with_suffix(".pdf")), str(IMAGES / "scoresheet")], check=True)


def _one_page(book: Path) -> None:
    """Set the workbook up so that the first pupils fit on one printed page, their comments after them."""
    from openpyxl import load_workbook

    workbook = load_workbook(book)
    sheet = workbook[workbook.sheetnames[0]]
    sheet.print_area = "D3:N30"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    workbook.save(book)


def main() -> int:
    """Write everything, or only compare."""
    path = ROOT / "docs" / "rules.md"
    if "--check" in sys.argv:
        return int(path.read_text(encoding="utf-8") != rules_page())
    path.write_text(rules_page(), encoding="utf-8", newline="\n")
    IMAGES.mkdir(exist_ok=True)
    terminal_picture()
    office_pictures()
    scoresheet_picture()
    return 0


if __name__ == "__main__":
    sys.exit(main())

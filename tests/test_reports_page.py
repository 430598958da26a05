from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from made_up_report import FINDINGS, PEOPLE, findings, patch_catalogue, report, table

from xueji_cli.reports.page import render_page
from xueji_cli.reports.view import finding_view

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    patch_catalogue(monkeypatch)


def page(made: Any = None, lang: str = "zh") -> str:
    made = made or report()
    return render_page(made, finding_view(made, lang=lang), lang=lang)


def data(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def rendered(html: str, folder: Path, address: str = "") -> str:
    """Return the page's DOM after its script ran in headless Chromium."""
    file = folder / "报告.html"
    file.write_text(html, encoding="utf-8")
    command = [
        str(CHROMIUM),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        f"{file.as_uri()}{address}",
    ]
    return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode()


def rows_of(dom: str) -> list[str]:
    body = re.search(r'<tbody id="rows">(.*?)</tbody>', dom, re.DOTALL)
    assert body
    return re.findall(r"<tr>.*?</tr>", body[1], re.DOTALL)


def many(count: int) -> Any:
    made = report(rows=[])
    frame = pl.concat([findings(FINDINGS[1:])] * (count // 6 + 1), rechunk=True).head(count)
    object.__setattr__(made, "findings", frame)
    return made


def test_nothing_but_itself() -> None:
    html = page()
    assert re.findall(r"(?:src|href|action)\s*=\s*[\"'](?!#)", html) == []
    assert "http:" not in html
    assert "https:" not in html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'")
    assert "unsafe-inline" not in policy[1]
    for kind in ("style", "script"):
        content = re.search(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        assert content
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert " style=" not in html


def test_masked() -> None:
    html = page()
    assert "341323201204121235" not in html
    assert "341323********123*" in html
    assert "李　木" not in html
    assert "个人信息已隐去" in html
    whole = render_page(report(), finding_view(report(), lang="zh", reveal=True), lang="zh", revealed=True)
    assert "341323201204121235" in whole
    assert "请勿外传" in whole


def test_text_from_outside_is_never_markup() -> None:
    nasty = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u2028"
    row = {**FINDINGS[1], "field": "remark", "value": nasty, "school": nasty, "class_name": nasty}
    made = report(table(f"{nasty[:9]}.xlsx", rows=PEOPLE), rows=[row])
    html = render_page(made, finding_view(made, lang="zh", reveal=True), lang="zh")
    assert "<script>alert" not in html
    assert "<img" not in html
    assert nasty in data(html)["message"][0]
    assert data(html)["schools"] == [nasty]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_totals_stand_without_scripts(lang: str) -> None:
    html = page(lang=lang)
    static = html.split('<section id="list"')[0]
    assert f'lang="{"zh-CN" if lang == "zh" else "en"}"' in html
    assert '<div class="card error"><b>5</b>' in static
    assert '<a href="#rule=DU01">' in static
    assert "%E9%9D%92%E7%A6%BE" in static  # 青禾小学, in the link that filters it
    assert ("找不到文件" if lang == "zh" else "There is no file") in static
    assert "曾用名" in html


def test_the_worst_go_in_and_the_rest_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xueji_cli.reports.page.PAGE_LIMIT", 5)
    found = data(page())
    assert found["left_out"] == 2
    assert [found["rules"][index]["code"] for index in found["code"]] == ["TB01", "ID03", "DU01", "ID07", "DU01"]


def test_without_findings() -> None:
    html = page(report(rows=[]))
    assert "没有发现问题。" in html
    assert data(html)["code"] == []


def test_fifty_thousand_findings_stay_small() -> None:
    html = page(many(60_000))
    found = data(html)
    assert len(found["message"]) == 50_000
    assert found["left_out"] == 10_000
    assert len(html.encode()) < 12_000_000


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_rule_is_filtered_in_the_browser(tmp_path: Path) -> None:
    html = page()
    assert len(rows_of(rendered(html, tmp_path))) == 7
    dom = rendered(html, tmp_path, "#rule=DU01")
    assert len(rows_of(dom)) == 2
    assert all("DU01" in row and "改法" in row for row in rows_of(dom))
    assert "显示 2 条，共 7 条。" in dom
    assert 'href="#rule=DU01" aria-current="true"' in dom


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("#severity=warning", 1),
        ("#school=%E9%9D%92%E7%A6%BE%E5%B0%8F%E5%AD%A6&class=%E4%B8%80%E5%B9%B4%E7%BA%A71%E7%8F%AD", 3),
        ("#file=roster.xlsx", 5),
        ("#text=f4", 1),
        ("#rule=NO99", 0),
        ("#rule=%E0%A4%A", 7),
        ("#nonsense&=&x=1", 7),
    ],
)
def test_filters(tmp_path: Path, address: str, count: int) -> None:
    assert len(rows_of(rendered(page(), tmp_path, address))) == count


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_fifty_thousand_findings_in_the_browser(tmp_path: Path) -> None:
    dom = rendered(page(many(50_000)), tmp_path, "#rule=ID03")
    assert len(rows_of(dom)) == 100
    assert "显示 8,334 条，共 50,000 条。" in dom
    assert "第 1 页，共 84 页" in dom

"""A few made-up children in three lists, for tests of `xueji retention`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cli_rosters import id_number, write_roster
from tests.reconcile_files import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

DAY = "2025-10-15"
SCHOOL, OTHER = "虚谷小学", "虚谷第二小学"


def born(number: int) -> str:
    """Return the birth date of a child of seven; no two numbers under 300 share it."""
    return f"2018{1 + number % 12:02}{1 + number // 12:02}"


def identity(number: int) -> str:
    return id_number(born(number), 2 * number + 1)


def at_home(number: int, **changes: str) -> dict[str, str]:
    """Return a row of the household list."""
    row = {
        "乡镇": "虚谷镇", "村(社区)": "东溪村", "户主": f"{named(number)[0]}建国", "姓名": named(number), "性别": "男",
        "身份证号": identity(number), "出生日期": born(number), "与户主关系": "子", "就读学校": "", "是否在外": "否",
        "监护人电话": f"1391234{5000 + number}", "备注": "",
    }  # fmt: skip
    return row | changes


def on_roll(number: int, **changes: str) -> dict[str, str]:
    """Return a row of the system's export."""
    row = {
        "学校名称": SCHOOL, "年级": "一年级", "班级": "1班", "姓名": named(number), "性别": "男", "出生日期": born(number),
        "身份证件号": identity(number), "全国学籍号": f"G{identity(number)}", "学生状态": "在读", "联系电话": f"1391234{5000 + number}",
        "备注": "",
    }  # fmt: skip
    return row | changes


def in_class(number: int, **changes: str) -> dict[str, str]:
    """Return a row of a class list."""
    row = {
        "学校名称": SCHOOL,
        "年级": "一年级",
        "班级": "1班",
        "姓名": named(number),
        "性别": "男",
        "身份证件号": identity(number),
        "备注": "",
    }
    return row | changes


class Lists:
    """The lists on disk, and the command that compares them. Children 0–5 are in order in all three unless changed."""

    def __init__(self, folder: Path, command: Callable[..., Any]) -> None:
        self.folder = folder
        self.command = command
        self.household = [at_home(number) for number in range(6)]
        self.roll = [on_roll(number) for number in range(6)]
        self.present = [in_class(number) for number in range(6)]

    def write(self, name: str, rows: Iterable[dict[str, str]]) -> str:
        write_roster(self.folder / name, rows)
        return name

    def options(self, *more: str) -> list[str]:
        """Write the lists that are not empty, and return the options that name them."""
        found = []
        for name in ("household", "roll", "present"):
            if rows := getattr(self, name):
                found += [f"--{name}", self.write(f"{name}.csv", rows)]
        return [*found, *more, "--as-of", DAY]

    def text(self, *more: str) -> Any:
        return self.command("retention", *self.options(*more))

    def run(self, *more: str, status: int | None = None) -> dict[str, Any]:
        """Compare, and return the JSON."""
        done = self.command("retention", *self.options(*more), "--format", "json", "--reveal")
        assert status is None or done.status == status, done.err
        assert done.out, done.err
        answer: dict[str, Any] = json.loads(done.out)
        return answer


def told(report: dict[str, Any]) -> dict[str, str]:
    """Return name → category of the children who are listed."""
    return {child["name"]: child["category"] for child in report["children"]}


def one(report: dict[str, Any], name: str) -> dict[str, Any]:
    found = [child for child in report["children"] if child["name"] == name]
    assert len(found) == 1, found
    return found[0]

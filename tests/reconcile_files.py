"""A small made-up county on two sides, for tests of the comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.cli_rosters import child, write_roster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

DAY = "2025-10-15"
SCHOOL, OTHER = "虚谷小学", "虚谷第二小学"
#: Columns of a class list as a class teacher writes it.
LIST = ("学校名称", "年级", "班级", "姓名", "性别", "身份证件号")


def pupils(first: int, count: int, label: str, school: str = SCHOOL, **changes: str) -> list[dict[str, str]]:
    """Return children of one class, numbered from `first`; no two numbers are one child's."""
    code = "2134130001" if school == SCHOOL else "2134130002"
    return [
        child(number, 学校名称=school, 学校标识码=code, 班级=label, 姓名=named(number), **changes)
        for number in range(first, first + count)
    ]


def named(number: int) -> str:
    """Return a name that no other number has, and that is not near another one's."""
    characters = "安柏宸承楚达德恩帆丰瀚航恒弘嘉景钧康朗乐霖明宁鹏琪启清然仁睿"
    surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
    return surnames[number % 20] + characters[number // 20 % 30] + characters[(number * 7 + 3) % 30]


def listed(rows: Iterable[dict[str, str]], columns: Sequence[str] = LIST, **changes: str) -> list[dict[str, str]]:
    """Return rows with the columns of a class list."""
    return [{name: (row | changes).get(name, "") for name in columns} for row in rows]


class Case:
    """Two sides on disk, and the command that compares them."""

    def __init__(self, folder: Path, command: Callable[..., Any]) -> None:
        self.folder = folder
        self.command = command

    def write(self, name: str, rows: Iterable[dict[str, str]]) -> str:
        write_roster(self.folder / name, rows)
        return name

    def text(self, *arguments: str) -> Any:
        """Run the comparison, shown on the terminal."""
        return self.command("reconcile", *arguments, "--as-of", DAY)

    def run(self, *arguments: str, status: int | None = None) -> dict[str, Any]:
        """Run the comparison and return its JSON."""
        done = self.command("reconcile", *arguments, "--as-of", DAY, "--format", "json")
        assert status is None or done.status == status, done.err
        assert done.out, done.err
        return json.loads(done.out)


def item(school: dict[str, Any], no: str) -> dict[str, Any]:
    return next(each for each in school["scoresheet"]["items"] if each["no"] == no)


def system_of_three_classes():
    """Thirty children in three classes: 1–10, 11–20, 21–30."""
    return [*pupils(1, 10, "1班"), *pupils(11, 10, "2班"), *pupils(21, 10, "3班")]

"""Stories of single children, as data: what stands of them in two exports and a log, and what is to be said about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from rule_cases import make_roster, student, with_check

from xueji_cli.checks.activation import activate
from xueji_cli.checks.registry import change_rules
from xueji_cli.reconciling.people import Statuses
from xueji_cli.schema.loading import load_form
from xueji_cli.schema.roster import Roster
from xueji_cli.schema.rulepack import RulePack
from xueji_cli.tracking.engine import Changes, Options, Sources, track
from xueji_cli.tracking.sides import OPTION, SideDate

COLUMNS = [
    "school_code",
    *(
        "school_name",
        "grade",
        "class_name",
        "name",
        "sex",
        "birth_date",
        "id_number",
        "roll_number",
        "status",
        "remark",
    ),
    *("member1_name", "member1_phone", "ethnicity"),
]
LOG_COLUMNS = [
    *("kind", "date", "name", "id_number", "roll_number", "birth_date", "school_name", "from_school", "to_school"),
    *("from_grade", "to_grade", "applied", "in_school", "in_bureau", "out_school", "out_bureau", "archive"),
    *("suspended_from", "suspended_until", "died", "cancelled", "field", "approved", "approval"),
]
OLD, NEW = date(2025, 3, 10), date(2025, 10, 31)
_GRADES = (
    "",
    "一年级",
    "二年级",
    "三年级",
    "四年级",
    "五年级",
    "六年级",
    "七年级",
    "八年级",
    "九年级",
    "高一",
    "高二",
    "高三",
)
#: Given names of one character each, so that no two children of a test are alike.
_NAMES = (
    "岚川渝沛屿澈霁朔渊峤珩砚笙筠荀菀蘅衡觅诺谨迦逸遥郁钧铭锦闻隽霂韬颂飒骁鸣"
    "麒黎龄晏晗晟暄曜朗柯栩桓楷榕槿樊橙歆殊毓沁泓泽洛涵淳湛溪漫潇澜瀚灿炜"
)


@dataclass(frozen=True)
class Story:
    """One child: `old` and `new` lay over what is usual for it; None where it is not there."""

    name: str
    fate: str
    grade: int = 3
    old: dict[str, str] | None = field(default_factory=dict)
    new: dict[str, str] | None = field(default_factory=dict)
    log: list[dict[str, str]] = field(default_factory=list)
    rules: str = ""
    by: str | None = None
    more_old: list[dict[str, str]] = field(default_factory=list)
    more_new: list[dict[str, str]] = field(default_factory=list)


def child(place: int, grade: int) -> dict[str, str]:
    """Return a child of its own school, with its own name, number, parent and telephone; `grade` is the old one."""
    born = f"{2018 - grade:04}{place % 12 + 1:02}{place % 27 + 1:02}"
    number = with_check(f"341323{born}{(place * 2 + 1) % 900 + 100 - (place * 2 + 1 + 100) % 2 + 1:03}"[:17])
    return {
        "school_name": f"第{_chinese(place)}小学" if grade <= 6 else f"第{_chinese(place)}中学",
        "grade": _GRADES[grade],
        "class_name": "1班",
        "name": f"{'赵钱孙李周吴郑王'[place % 8]}{_NAMES[place]}",
        "sex": "男" if int(number[16]) % 2 else "女",
        "birth_date": born,
        "id_number": number,
        "roll_number": f"G{number}",
        "status": "在读",
        "remark": "",
        "member1_name": f"{'赵钱孙李周吴郑王'[place % 8]}父{_NAMES[place]}",
        "member1_phone": f"139{place:08}",
        "ethnicity": "汉族",
    }


def _chinese(place: int) -> str:
    digits = "〇一二三四五六七八九"
    return (
        digits[place // 10 + 1] + "十" + digits[place % 10 + 1] if place % 10 != 9 else digits[place // 10 + 2] + "十"
    )


def up(grade: int) -> dict[str, str]:
    """Return the cells of the next grade."""
    return {"grade": _GRADES[grade + 1]} if grade < 12 else {}


def run(
    old: list[dict[str, str]],
    new: list[dict[str, str]],
    log: list[dict[str, str]] | None = None,
    *,
    days: tuple[date, date] = (OLD, NEW),
    params: dict[str, dict[str, str]] | None = None,
    in_roll: tuple[str, ...] | None = None,
) -> Changes:
    """Compare two tables and a log."""
    pack = RulePack("test", "test", "1", "test")
    rules = activate(pack, params or {}, (), (), among=change_rules())
    form = load_form("movement")
    logs: list[Roster] | None = None
    if log is not None:
        logs = [make_roster(form, LOG_COLUMNS, log, number=2)]
    sources = Sources(
        old=[make_roster(student(), COLUMNS, old, number=0)],
        new=[make_roster(student(), COLUMNS, new, number=1)],
        log=logs,
    )
    statuses = Statuses(in_roll=in_roll) if in_roll else Statuses()
    return track(sources, Options(SideDate(days[0], OPTION), SideDate(days[1], OPTION), rules, statuses))


TRANSFER = {"kind": "转学"}
STORIES = [
    Story("stays and moves up", "stayed"),
    Story("graduates from senior school", "graduated", grade=12, new=None, by="grade"),
    Story("finishes primary school and is nowhere", "graduated", grade=6, new=None, by="grade", rules="MV04"),
    Story("goes on to junior school", "progressed", grade=6, new={"school_name": "县初级中学"}),
    Story("vanishes", "left_unexplained", new=None, rules="MV01"),
    Story("vanishes from senior school", "left_unexplained", grade=10, new=None, rules="MV02"),
    Story(
        "vanishes, and the log says dropout",
        "left_unexplained",
        new=None,
        log=[{"kind": "辍学", "date": "2025-09-20"}],
        rules="MV32",
    ),
    Story(
        "transferred out by the log", "transferred_out", new=None, log=[{"kind": "转出", "date": "2025.5.6"}], by="log"
    ),
    Story("transferred out by the state", "transferred_out", new={"status": "转出"}, by="state", rules="MV10"),
    Story(
        "died by the log",
        "died",
        new=None,
        log=[{"kind": "死亡", "died": "2025-05-08", "cancelled": "2025-05-20"}],
        by="log",
    ),
    Story("went abroad", "abroad", new=None, log=[{"kind": "出国", "date": "2025年6月1日"}], by="log"),
    Story("withdrawn in the compulsory stage", "withdrawn", new={"status": "退学"}, by="state", rules="MV08 MV10"),
    Story(
        "withdrawn from senior school",
        "withdrawn",
        grade=11,
        new={"status": "退学"},
        log=[{"kind": "退学", "date": "2025-05-06"}],
        by="state",
    ),
    Story("graduated in grade three", "graduated", new={"status": "毕业"}, by="state", rules="MV09"),
    Story("is new in a first grade", "entrant", grade=0, old=None, by="grade"),
    Story("is new without a reason", "arrived_unexplained", old=None, rules="MV03"),
    Story(
        "transferred in by the log", "transferred_in", old=None, log=[{"kind": "转入", "date": "2025-08-28"}], by="log"
    ),
    Story(
        "transferred in by a remark",
        "transferred_in",
        old=None,
        new={"remark": "8月从外县转入"},
        by="remark",
        rules="MV10",
    ),
    Story(
        "is back by the state",
        "returned",
        old=None,
        new={"status": "复学"},
        log=[{"kind": "复学", "date": "2025-09-01"}],
        by="log",
    ),
    Story("roll made later", "created", old=None, log=[{"kind": "补建学籍", "date": "2025-04-01"}], by="log"),
    Story(
        "moved with an entry",
        "moved_school",
        new={"school_name": "县第一小学"},
        log=[{**TRANSFER, "date": "2025-09-01"}],
    ),
    Story("moved without an entry", "moved_school", new={"school_name": "县第一小学"}, rules="MV10"),
    Story(
        "moved and lost a grade",
        "moved_school",
        new={"school_name": "县第一小学", "grade": "三年级"},
        log=[{**TRANSFER, "date": "2025-09-01"}],
        rules="MV11 MV20",
    ),
    Story("another class", "moved_class", new={"class_name": "2班"}),
    Story("kept down", "retained", new={"grade": "三年级"}, rules="MV11"),
    Story(
        "kept down after a suspension",
        "retained",
        old={"status": "休学"},
        new={"grade": "三年级"},
        log=[{"kind": "复学", "date": "2025-09-01"}],
    ),
    Story("skipped with an entry", "skipped", new={"grade": "五年级"}, log=[{"kind": "跳级", "date": "2025-09-01"}]),
    Story("skipped without an entry", "skipped", new={"grade": "五年级"}, rules="MV12"),
    Story(
        "number put right",
        "stayed",
        old={"id_number": "341323201501010099", "roll_number": ""},
        log=[{"kind": "关键信息变更", "field": "身份证件号", "approved": "2025-05-01", "id_number": ""}],
    ),
    Story(
        "another number, roll made anew",
        "stayed",
        new={"id_number": with_check("34130220150515017"), "roll_number": "G" + with_check("34130220150515017")},
        rules="MV14",
    ),
    Story("a character of the name, not in the log", "stayed", new={"name": "赵囡"}, rules="MV14"),
    Story(
        "a name changed with an open entry",
        "stayed",
        new={"name": "赵囝"},
        log=[{"kind": "关键信息变更", "field": "姓名", "approval": "待审核"}],
        rules="MV14",
    ),
    Story(
        "a name changed with an approval",
        "stayed",
        new={"name": "赵囧"},
        log=[{"kind": "姓名变更", "approval": "同意"}],
    ),
    Story(
        "suspended with an entry",
        "stayed",
        new={"status": "休学"},
        log=[{"kind": "休学", "suspended_from": "2025-09-05", "suspended_until": "2026-09-05"}],
    ),
    Story("suspended without an entry", "stayed", new={"status": "休学"}, rules="MV10"),
    Story(
        "overdue",
        "stayed",
        old={"status": "休学"},
        new={"status": "休学"},
        log=[{"kind": "休学", "suspended_from": "2024-09-01", "suspended_until": "2025-09-01"}],
        rules="MV15",
    ),
    Story(
        "extended in time",
        "stayed",
        old={"status": "休学"},
        new={"status": "休学"},
        log=[
            {"kind": "休学", "suspended_from": "2024-09-01", "suspended_until": "2025-09-01"},
            {"kind": "续休", "suspended_from": "2025-09-01", "suspended_until": "2026-09-01"},
        ],
    ),
    Story(
        "away for more than two years",
        "stayed",
        old={"status": "休学"},
        new={"status": "休学"},
        log=[{"kind": "休学", "suspended_from": "2023-09-01", "suspended_until": "2024-09-01"}],
        rules="MV16",
    ),
    Story(
        "two years at once",
        "stayed",
        new={"status": "休学"},
        log=[{"kind": "休学", "suspended_from": "2025-09-05", "suspended_until": "2027-09-05"}],
        rules="MV30",
    ),
    Story(
        "suspended and moved",
        "moved_school",
        old={"status": "休学"},
        new={"status": "休学", "school_name": "县第一小学"},
        log=[{**TRANSFER, "date": "2025-09-01"}],
        rules="MV17",
    ),
    Story(
        "suspended in the last grade",
        "stayed",
        grade=8,
        new={"status": "休学"},
        log=[{"kind": "休学", "suspended_from": "2025-09-05"}],
        rules="MV19",
    ),
    Story("an entry without a change", "stayed", log=[{"kind": "转出", "date": "2025-09-10"}], rules="MV27"),
    Story("an entry of another time", "stayed", log=[{"kind": "转出", "date": "2024-09-10"}]),
    Story("a transfer under way", "stayed", log=[{**TRANSFER, "applied": "2025-10-20", "in_school": "2025-10-28"}]),
    Story(
        "a transfer that waits",
        "stayed",
        log=[{**TRANSFER, "applied": "2025-09-15", "in_school": "2025-09-17"}],
        rules="MV22",
    ),
    Story(
        "days run backwards",
        "moved_school",
        new={"school_name": "县第一小学"},
        log=[
            {
                **TRANSFER,
                "date": "2025-09-20",
                "applied": "2025-09-10",
                "in_school": "2025-09-08",
                "in_bureau": "2025-09-11",
            }
        ],
        rules="MV29",
    ),
    Story(
        "a day that can't be read",
        "moved_school",
        new={"school_name": "县第一小学"},
        log=[{**TRANSFER, "date": "2025-09-20", "applied": "九月"}],
        rules="MV29",
    ),
    Story(
        "entered while the system is closed",
        "transferred_out",
        new=None,
        log=[{"kind": "转出", "date": "2025-07-20"}],
        by="log",
        rules="MV26",
    ),
    Story(
        "archive late",
        "moved_school",
        new={"school_name": "县第一小学"},
        log=[{**TRANSFER, "date": "2025-09-01", "archive": "2025-10-09"}],
        rules="MV23",
    ),
    Story("second roll closed", "stayed", more_old=[{"school_name": "县第一小学"}], rules="MV07"),
    Story("second roll opened", "stayed", more_new=[{"school_name": "县第一小学"}], rules="MV07"),
    Story("another word for the nation", "stayed", new={"ethnicity": "汉"}),
]

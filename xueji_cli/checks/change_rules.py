"""Rules about what happens between two exports: facts for `xueji rule`, the rule packs and `--select`.

They are found by `tracking`, which looks at two exports and a log; `xueji check`, which sees one roster, does not run them.
"""

from __future__ import annotations

from xueji_cli.checks.rule import Rule, Severity

_ACT = "2013《中小学生学籍管理办法》"
_LOCAL = "地方学籍管理规定"
_KEY = f"教基一厅〔2016〕2号一(三)、{_ACT}第十条: 关键信息变更须凭户口簿等证明审批"
_DROP = f"{_ACT}第二十二条、第二十七条(四): 辍学的要书面报告, 义务教育年限内保留学籍, 不得删除"
_SUSPENDED = f"{_LOCAL}: 休学期限一般为一年, 期满应当复学或续办"


def _rule(
    number: int, slug: str, severity: Severity, source: str, params: dict[str, str] | None = None, *, log: bool = False
) -> Rule:
    return Rule(
        code=f"MV{number:02}",
        slug=slug,
        severity=severity,
        source=source,
        params=params or {},
        option="--log" if log else None,
    )


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTICE

RULES = (
    _rule(1, "vanished-in-compulsory-stage", _E, _DROP),
    _rule(
        2, "vanished-in-senior-stage", _E, f"{_ACT}第十四条、第二十四条(2025 年第二十五条): 转学须办手续, 每学期复核"
    ),
    _rule(
        3,
        "appeared-without-reason",
        _E,
        f"{_ACT}第六条、第十四条: 新生建籍须查重, 其他学生凭转学、复学手续进入; 安徽省第十五条: 9月30日前完成新生录入",
        {"until": "09-30"},
    ),
    _rule(4, "graduate-not-enrolled", _W, "《义务教育法》第十三条: 组织和督促适龄儿童、少年入学, 防止辍学"),
    _rule(5, "perhaps-same-child", _E, f"{_ACT}第五条、第二十四条(2025 年第二十五条): 一人一号, 终身不变; 每学期复核"),
    _rule(6, "one-number-two-children", _E, f"{_ACT}第五条: 学籍号一人一号, 终身不变"),
    _rule(7, "two-rolls-of-one-child", _W, f"{_ACT}第五条、第六条: 一人一籍"),
    _rule(
        8,
        "withdrawn-in-compulsory-stage",
        _E,
        "《义务教育法》; 2025《中小学生学籍管理办法》: 义务教育阶段不予办理退学; 年满16周岁且学满九年的除外",
        {"age": "16"},
    ),
    _rule(9, "graduated-before-last-grade", _W, f"{_ACT}: 毕业在学段最后一个年级办理"),
    _rule(
        10,
        "change-without-entry",
        _W,
        f"{_ACT}第十四条、第二十四条(2025 年第二十五条): 转学等须办手续, 每学期复核",
        log=True,
    ),
    _rule(
        11,
        "retained-in-compulsory-stage",
        _W,
        f"{_LOCAL}: 义务教育阶段不得留级; 特殊教育学生按 2025 办法第十四条可降级就读",
    ),
    _rule(12, "skipped-without-entry", _W, f"{_LOCAL}: 跳级须经批准并备案"),
    _rule(13, "grade-not-turned", _E, "安徽省《中小学生学籍信息化管理办法》第十八条: 7月31日前毕业, 8月1日升级"),
    _rule(14, "key-information-unapproved", _E, _KEY, log=True),
    _rule(15, "suspension-overdue", _W, _SUSPENDED, {"months": "12"}),
    _rule(16, "suspended-too-long", _W, f"{_LOCAL}: 连续休学不超过两年", {"months": "24"}),
    _rule(
        17,
        "suspended-and-transferred",
        _W,
        f"{_LOCAL}: 休学期间不得转学, 不得在他校就读 (有的地方允许转学, 期满后再随班)",
        {"transfer": "forbidden"},
    ),
    _rule(18, "graduating-grade-transferred", _W, f"{_LOCAL}: 毕业年级一般不办理转学", {"grades": "6,9,12"}),
    _rule(19, "graduating-grade-suspended", _W, f"{_LOCAL}: 毕业年级一般不办理休学", {"grades": "6,9,12"}),
    _rule(20, "transfer-changed-grade", _W, f"{_LOCAL}: 转学不变更年级"),
    _rule(
        21,
        "transfer-party-late",
        _E,
        f"{_ACT}第十四条(2025 年第十五条): 双方学校、双方主管部门各在 10 个工作日内办理",
        {"days": "10"},
        log=True,
    ),
    _rule(
        22,
        "transfer-unfinished",
        _E,
        f"{_ACT}第十四条(2025 年第十五条): 双方学校、双方主管部门各在 10 个工作日内办理",
        {"days": "10"},
        log=True,
    ),
    _rule(23, "archive-late", _W, f"{_ACT}第十五条: 转出学校 1 个月内移交学籍档案", {"months": "1"}, log=True),
    _rule(
        24,
        "death-registered-late",
        _E,
        f"{_ACT}第二十一条: 学生死亡, 学校 10 个工作日内注销学籍",
        {"days": "10"},
        log=True,
    ),
    _rule(
        25,
        "outside-transfer-window",
        _N,
        f"{_LOCAL}: 转学在学期开始前后两周内办理 (按本地规定写 windows, 空着不查)",
        {"windows": ""},
        log=True,
    ),
    _rule(
        26,
        "while-system-closed",
        _W,
        "全国中小学学籍系统: 7月15日至8月14日升级期间不办理转学",
        {"windows": "07-15..08-14"},
        log=True,
    ),
    _rule(27, "entry-without-change", _W, f"{_ACT}第二十四条(2025 年第二十五条): 每学期复核, 台账与系统一致", log=True),
    _rule(28, "entry-of-nobody", _W, f"{_ACT}第二十四条(2025 年第二十五条): 每学期复核, 台账与系统一致", log=True),
    _rule(29, "entry-days-out-of-order", _W, "[经验] 办理日期先后颠倒, 多半是登记有误", log=True),
    _rule(30, "suspended-for-over-a-year", _W, _SUSPENDED, {"months": "12"}, log=True),
    _rule(31, "returned-early", _N, f"{_LOCAL}: 休学未满期限的不办理复学 (各地不同)", {"early": "allowed"}, log=True),
    _rule(32, "roll-removed-after-dropout", _E, _DROP, log=True),
)

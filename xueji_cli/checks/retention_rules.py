"""What `xueji retention` finds, as rules: codes, severities, clauses and parameters; packs and settings change them like any other.

They are not computed row by row as the checks are: `retaining` gives every child its category, and each category is one of these.
"""

from __future__ import annotations

from xueji_cli.checks.rule import Rule, Severity

_MONITORING = "教育部办公厅 2024 年《关于建立健全义务教育控辍保学常态化报告工作机制的通知》四查三比对"
_LAW = "《中华人民共和国义务教育法》第二条、第十一条"
_ROLL_2013 = "教基一〔2013〕7号《中小学生学籍管理办法》"

RULES: tuple[Rule, ...] = (
    Rule(
        "RT01",
        "of-age-in-no-roll",
        Severity.ERROR,
        f"{_MONITORING}：户籍与学籍比对；{_LAW}",
        params={"cutoff": "08-31", "inclusive": "true", "min_age": "6", "max_age": "15", "primary_years": "6"},
    ),
    Rule("RT02", "of-age-in-no-roll-unproved", Severity.WARNING, f"{_MONITORING}；本地户籍在外就读应有就读证明"),
    Rule("RT03", "of-age-in-no-roll-proved", Severity.NOTICE, f"{_MONITORING}；{_LAW}（延缓入学须经批准）"),
    Rule("RT04", "on-roll-not-present", Severity.ERROR, f"{_MONITORING}：学籍与在校学生比对"),
    Rule("RT05", "on-roll-away-with-reason", Severity.NOTICE, f"{_MONITORING}；{_ROLL_2013}：空挂学籍核查"),
    Rule("RT06", "dropped-out", Severity.ERROR, f"{_ROLL_2013}第二十二条：辍学须书面报告，学籍保留至义务教育年限结束"),
    Rule("RT07", "perhaps-one-child", Severity.WARNING, "[经验] 拿不准是不是同一个人的，由人核对，程序不认定"),
    Rule("RT08", "present-without-roll", Severity.WARNING, "教基〔2025〕1号第三条：学生应当有学籍"),
    Rule("RT09", "present-elsewhere-than-roll", Severity.NOTICE, "教基〔2025〕1号第二十五条：人籍分离应及时处理"),
    Rule("RT10", "cannot-be-compared", Severity.WARNING, "[经验] 缺名单或缺出生日期的，不下结论"),
    Rule("RT11", "perhaps-finished", Severity.WARNING, f"{_LAW}：九年义务教育", params={"age": "15"}),
    Rule(
        "RT12",
        "net-enrolment-below-target",
        Severity.WARNING,
        "控辍保学工作方案：净入学率小学 99%、初中 97%（本地另有目标的改参数）",
        params={"primary": "99", "junior": "97"},
    ),
    Rule(
        "RT13",
        "completion-below-target",
        Severity.WARNING,
        "九年义务教育巩固率 95%（全国 2021 年为 95.4%）",
        params={"percent": "95"},
    ),
    Rule(
        "RT14",
        "dropout-rate-above-ceiling",
        Severity.WARNING,
        "“两基”控制线：小学 1%、初中 3%（四川评估细则 1%、2%）",
        params={"primary": "1", "junior": "3"},
    ),
    Rule(
        "RT15",
        "disabled-enrolment-below-target",
        Severity.WARNING,
        "特殊教育提升计划：适龄残疾儿童少年入学率 95%",
        params={"percent": "95"},
    ),
    Rule("RT16", "ledger-entry-not-found", Severity.WARNING, "[经验] 台账动态销号：找不到的须查明去向，不得直接划掉"),
)

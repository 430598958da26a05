"""Splink on a county, set up by someone who knows both splink and Chinese rosters. Runs in an environment of its own.

    python splink_model.py county-full.csv predictions.parquet times.json

What splink has no means for is done before it: widths, blanks and dots in names, pinyin, dates, numbers of guardians, numbers
that a spreadsheet spoilt, placeholder telephones. The model has term frequencies on names, numbers and telephones, one
comparison for all that a household shares, and a level of its own for two valid numbers that differ, which is
what tells twins apart. u comes from random pairs, m from EM over four blockings.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from datetime import date

_BLANKS = re.compile(r"[\s\u200b·•．.・]")
_ORDINARY = re.compile(r"^[1-9]\d{16}[\dX]$")
_DATE = re.compile(r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?$")
_REGION = re.compile(r"^.*?(省|自治区)?.*?(自治县|县|市|区)(?=.*镇)")
#: A telephone in more records than this is nobody's own.
_COMMON_PHONE = 12
#: Who carries a number from before this year is no pupil.
_OLDEST = 2003


def _number(text: str) -> str | None:
    text = re.sub(r"[^0-9XxE]", "", unicodedata.normalize("NFKC", text)).upper()
    return text if 10 < len(text) < 20 and "E" not in text else None


def _valid(number: str | None) -> bool:
    if not number or not _ORDINARY.match(number):
        return False
    return "10X98765432"[sum(int(d) * pow(2, 17 - k, 11) for k, d in enumerate(number[:17])) % 11] == number[17]


def _birth(text: str | None) -> date | None:
    match = _DATE.match(text or "")
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def prepare(path: str) -> dict[str, list[object]]:
    """Return the columns that the model compares."""
    from pypinyin import lazy_pinyin

    with open(path, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - runs alone, on strings
        rows = list(csv.DictReader(file))
    phones = Counter(row[c] for row in rows for c in {"联系电话", "监护人1电话"} if row[c])
    spelt: dict[str, str] = {}
    columns: dict[str, list[object]] = {}
    for place, row in enumerate(rows):
        name = _BLANKS.sub("", unicodedata.normalize("NFKC", row["姓名"] or ""))
        if name not in spelt:
            spelt[name] = "".join(lazy_pinyin(name))
        number, roll = _number(row["身份证号"] or ""), row["学籍号"] or ""
        if roll.startswith("G") and not _valid(number) and _valid(roll[1:]):
            number = roll[1:]
        guardians_number = bool(number and len(number) >= 10 and number[6:10].isdigit() and int(number[6:10]) < _OLDEST)
        ids = {row["监护人1身份证号"], row["监护人2身份证号"], number if guardians_number else None} - {"", None}
        number = None if guardians_number else number
        valid = _valid(number)
        written = _birth(row["出生日期"]) or (_birth(number[6:14]) if number and valid else None) or _birth(roll[7:15])
        own = {
            p
            for p in (row["联系电话"], row["监护人1电话"], row["监护人2电话"])
            if p and phones[p] <= _COMMON_PHONE and len(p) > 8
        }
        address = _REGION.sub("", row["家庭住址"] or "").replace("镇", "").removesuffix("号")
        text = f"{written:%Y%m%d}" if written else None
        turned = f"{written:%Y%d%m}" if written else None
        line = {
            "unique_id": place, "name": name or None, "pinyin": spelt[name] or None, "surname": name[:1] or None,
            "given": name[1:] or None, "sex": row["性别"] or None, "birth": written, "birth_text": text, "turned": turned,
            "id_number": number,
            "id_valid": number if valid else None, "id_head": number[:14] if number else None, "phones": sorted(own),
            "guardians": sorted({row["监护人1姓名"], row["监护人2姓名"]} - {"", None}), "guardian_ids": sorted(ids),
            "address": address or None, "roll": roll or None,
        }  # fmt: skip
        for stem, many in (("phone", 3), ("guardian", 2), ("guardian_id", 2)):
            values = [*line[f"{stem}s"], None, None, None]
            line |= {f"{stem}{n + 1}": values[n] for n in range(many)}
        for key, value in line.items():
            columns.setdefault(key, []).append(value)
    return columns


def settings():
    """Return the model."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import SettingsCreator, block_on

    # One comparison for the household: telephones, guardians and house come together, and splink, which takes comparisons
    # for independent, would count them four times over and join every two brothers.
    # Equality of plain columns costs DuckDB a hundredth of what functions of lists do.
    agree = " + ".join(
        "coalesce(" + " or ".join(f"{one}_l = {other}_r" for one in places for other in places) + ", false)::int"
        for places in (("phone1", "phone2", "phone3"), ("guardian1", "guardian2"), ("guardian_id1", "guardian_id2"))
    )
    agree = f"({agree} + coalesce((left(address_l, 2) = left(address_r, 2) and levenshtein(address_l, address_r) <= 1)::int, 0))"
    household = cl.CustomComparison(
        output_column_name="household",
        comparison_levels=[
            cll.CustomLevel("coalesce(guardian1_l, phone1_l) is null or coalesce(guardian1_r, phone1_r) is null", "nothing known")
            .configure(is_null_level=True),
            *(cll.CustomLevel(f"{agree} >= {count}", f"{count} agree") for count in (4, 3, 2, 1)),
            cll.ElseLevel(),
        ],
    )  # fmt: skip
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name").configure(tf_adjustment_column="name"),
            cll.CustomLevel("pinyin_l = pinyin_r", "same sound").configure(tf_adjustment_column="pinyin"),
            cll.CustomLevel("given_l = given_r and length(given_l) > 1", "same given name, other surname"),
            cll.CustomLevel(
                "surname_l = surname_r and levenshtein(name_l, name_r) <= 1 and length(name_l) > 2", "one character"
            ),
            cll.CustomLevel("surname_l = surname_r", "same surname").configure(tf_adjustment_column="surname"),
            cll.ElseLevel(),
        ],
    )
    number = cl.CustomComparison(
        output_column_name="id_number",
        comparison_levels=[
            cll.NullLevel("id_number"),
            cll.ExactMatchLevel("id_valid").configure(tf_adjustment_column="id_valid"),
            cll.CustomLevel("id_valid_l is not null and id_valid_r is not null", "both valid, and two"),
            cll.CustomLevel("levenshtein(id_number_l, id_number_r) <= 2", "a slip or two"),
            cll.CustomLevel("id_head_l = id_head_r", "same region and birth date"),
            cll.ElseLevel(),
        ],
    )
    birth = cl.CustomComparison(
        output_column_name="birth",
        comparison_levels=[
            cll.NullLevel("birth"),
            cll.ExactMatchLevel("birth"),
            cll.CustomLevel("levenshtein(birth_text_l, birth_text_r) <= 1", "one digit"),
            cll.CustomLevel("abs(birth_l - birth_r) <= 51", "within the lunar calendar"),
            cll.CustomLevel("birth_text_l = turned_r", "day and month swapped"),
            cll.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            name, number, birth, cl.ExactMatch("sex"), household,
        ],
        blocking_rules_to_generate_predictions=[
            block_on("id_number"), block_on("name", "birth"), block_on("pinyin", "birth"),
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("guardian_ids", arrays_to_explode=["guardian_ids"]),
            block_on("birth", "guardians", arrays_to_explode=["guardians"]),
            block_on("name", "guardians", arrays_to_explode=["guardians"]),
            block_on("id_head", "sex", "surname"), block_on("substr(id_number, 9, 9)", "surname"), block_on("roll"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip


def main(source: str, predictions: str, times: str) -> None:
    import duckdb
    import pyarrow as pa
    from splink import DuckDBAPI, Linker, block_on

    marks = [("start", time.perf_counter(), time.process_time())]

    def mark(what: str) -> None:
        marks.append((what, time.perf_counter(), time.process_time()))

    columns = prepare(source)
    lists = {name: pa.array(columns[name], pa.list_(pa.string())) for name in ("phones", "guardians", "guardian_ids")}
    table = pa.table({name: lists.get(name, values) for name, values in columns.items()})
    mark("prepare")
    api = DuckDBAPI(duckdb.connect())
    linker = Linker(api.register(table), settings(), log_level="WARNING")
    rules = [block_on("id_valid", "name"), block_on("name", "birth", "phones", arrays_to_explode=["phones"])]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    mark("train: u")
    for rule in (
        block_on("name", "birth"), block_on("id_valid"), block_on("birth", "surname", "sex"), block_on("address", "surname"),
    ):  # fmt: skip
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    mark("train: m")
    found = linker.inference.predict(threshold_match_probability=0.001)
    mark("predict")
    linker.clustering.cluster_pairwise_predictions_at_threshold(found, threshold_match_probability=0.95)
    mark("cluster")
    pairs = found.as_duckdbpyrelation()
    pairs.select("unique_id_l as left, unique_id_r as right, match_weight as weight").write_parquet(predictions)
    spent = {now[0]: (now[1] - before[1], now[2] - before[2]) for before, now in itertools.pairwise(marks)}
    with open(times, "w", encoding="utf-8") as file:  # noqa: PTH123 - likewise
        json.dump(spent, file)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The columns that files have, by the headers of the national import template, and writing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Field → header.
HEADERS = {
    "school_code": "学校标识码", "school_name": "学校名称", "grade": "年级", "class_name": "班级", "name": "姓名",
    "sex": "性别", "birth_date": "出生日期", "birth_place": "出生地行政区划代码", "native_place": "籍贯",
    "ethnicity": "民族", "nationality": "国籍/地区", "id_type": "身份证件类型", "overseas_status": "港澳台侨外",
    "health": "健康状况", "political_status": "政治面貌", "id_number": "身份证件号", "hukou_type": "户口性质",
    "hukou_place": "户口所在地行政区划", "class_number": "班级", "entry_month": "入学年月",
    "entry_way": "入学方式", "boarding": "就读方式", "address": "现住址", "mail_address": "通信地址",
    "home_address": "家庭地址", "phone": "联系电话", "postcode": "邮政编码", "only_child": "是否独生子女",
    "preschool": "是否受过学前教育", "left_behind": "是否留守儿童", "apply_aid": "是否需要申请资助",
    "receives_aid": "是否享受一补", "orphan": "是否孤儿", "martyr_child": "是否烈士或优抚子女",
    "distance_km": "上下学距离(公里)", "transport": "上下学交通方式", "school_bus": "是否需要乘坐校车",
    "former_name": "曾用名", "id_validity": "身份证件有效期", "blood_type": "血型", "talent": "特长",
    "local_number": "学籍辅号", "class_seat": "班内学号", "student_source": "学生来源", "email": "电子信箱",
    "homepage": "主页地址", "disability": "残疾类型", "purchased_place": "是否由政府购买学位",
    "inclusive": "随班就读", "migrant": "是否进城务工人员随迁子女", "roll_number": "全国学籍号",
    "status": "学生状态", "photo": "照片",
}  # fmt: skip
_MEMBER = {
    "name": "姓名", "relation": "关系", "relation_note": "关系说明", "address": "现住址",
    "hukou_place": "户口所在地行政区划", "phone": "联系电话", "guardian": "是否监护人", "id_type": "身份证件类型",
    "id_number": "身份证件号", "ethnicity": "民族", "employer": "工作单位", "position": "职务",
}  # fmt: skip
HEADERS |= {f"member{n}_{field}": f"成员{n}{title}" for n in (1, 2) for field, title in _MEMBER.items()}

#: The 34 required columns of the import template, in its order; the class column comes in two forms.
_REQUIRED = (
    "school_code name sex birth_date birth_place native_place ethnicity nationality id_type overseas_status health "
    "political_status id_number hukou_type hukou_place {class_column} entry_month entry_way boarding address "
    "mail_address home_address phone postcode only_child preschool left_behind apply_aid receives_aid orphan "
    "martyr_child distance_km transport school_bus"
)
#: A roster as schools and bureaus exchange it: every family of rules has something to look at.
_ROSTER = (
    "school_code school_name grade class_name name sex birth_date ethnicity nationality id_type id_number roll_number "
    "overseas_status political_status health hukou_type hukou_place entry_month entry_way boarding student_source "
    "status address phone inclusive disability photo member1_name member1_relation member1_phone member1_id_number"
)
#: What a school's own workbook adds to the required columns.
_ADDED = (
    "school_name grade roll_number status student_source inclusive disability photo member1_name member1_relation "
    "member1_address member1_hukou_place member1_phone member1_guardian member1_id_type member1_id_number"
)
#: The optional columns of the import template.
_OPTIONAL = (
    "former_name id_validity blood_type talent local_number class_seat student_source email homepage disability "
    "purchased_place inclusive"
)

#: Number of columns → the fields, in order. 71 is the import template itself: classes by their 班号, no roll numbers.
LAYOUTS: Mapping[int, tuple[str, ...]] = {
    31: tuple(_ROSTER.split()),
    50: (*_REQUIRED.format(class_column="class_name").split(), *_ADDED.split()),
    71: (
        *_REQUIRED.format(class_column="class_number").split(),
        *_OPTIONAL.split(),
        *(f"member{n}_{field}" for n in (1, 2) for field in _MEMBER),
        "migrant",
    ),
}


def select(people: pl.DataFrame, fields: tuple[str, ...]) -> pl.DataFrame:
    """Return the columns of a file as text under their headers; fields that the generator leaves out stay empty."""
    empty = pl.lit(None, dtype=pl.String)
    return people.select((pl.col(f) if f in people.columns else empty).alias(HEADERS[f]) for f in fields)


def write(people: pl.DataFrame, fields: tuple[str, ...], path: Path) -> None:
    """Write a roster as CSV (UTF-8) or as a workbook whose cells are all text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = select(people, fields)
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        write_workbook(frame, path)


def write_workbook(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame of text as a workbook of text, row by row in constant memory."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = book.add_worksheet("学生")
    # The writer takes cells one at a time.
    for row, cells in enumerate([tuple(frame.columns), *frame.iter_rows()]):
        for column, text in enumerate(cells):
            if text is not None:
                sheet.write_string(row, column, text)
    book.close()

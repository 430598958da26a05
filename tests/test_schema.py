from pathlib import Path

import pytest

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.schema.definitions import packaged_root
from xueji_cli.schema.loading import load_schema, schema_names
from xueji_cli.schema.model import FieldType, Pii
from xueji_cli.schema.vocabulary import Vocabulary

NATIONAL_TEMPLATE = """学校标识码 姓名 性别 出生日期 出生地行政区划代码 籍贯 民族 国籍/地区 身份证件类型
港澳台侨外 健康状况 政治面貌 身份证件号
户口性质 户口所在地行政区划 班级 入学年月 入学方式 就读方式 现住址 通信地址 家庭地址 联系电话
邮政编码 是否独生子女 是否受过学前教育
是否留守儿童 是否需要申请资助 是否享受一补 是否孤儿 是否烈士或优抚子女 上下学距离(公里)
上下学交通方式 是否需要乘坐校车 曾用名
身份证件有效期 血型 特长 学籍辅号 班内学号 学生来源 电子信箱 主页地址 残疾类型 是否由政府购买学位 随班就读"""
MEMBER = "姓名 关系 关系说明 现住址 户口所在地行政区划 联系电话 是否监护人 身份证件类型 身份证件号 民族 工作单位 职务"
FORM_ONLY = "照片 姓名拼音 年级 全国学籍号 学生状态 序号 学校"


@pytest.fixture(scope="module")
def student():
    return load_schema("student")


def write(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path, **options) -> list[tuple[int | None, str]]:
    with pytest.raises(DefinitionError) as caught:
        load_schema(path, **options)
    for lang in catalogue.LANGUAGES:  # every mistake has its sentence
        for each in caught.value.mistakes:
            assert catalogue.text(lang, f"errors.{each.error.key}", **each.error.params)
    return [(each.line, each.error.key) for each in caught.value.mistakes]


# --- the packaged schemas ---


def test_the_packaged_schemas_load_in_their_order_of_trial():
    assert schema_names() == ["student", "class", "school", "person"]
    for name in schema_names():
        schema = load_schema(name)
        assert schema.title
        assert schema.version
        assert schema.source
        assert set(schema.markers) <= set(schema.by_name)


def test_the_student_schema_has_the_71_columns_of_the_national_template_in_order(student):
    expected = [
        *NATIONAL_TEMPLATE.split(),
        *(f"成员{n}{item}" for n in (1, 2) for item in MEMBER.split()),
        "是否进城务工人员随迁子女",
    ]
    numbered = sorted((f for f in student.fields if f.template), key=lambda f: f.template)
    assert [f.template for f in numbered] == list(range(1, 72))
    assert [f.template_header or f.title for f in numbered] == expected


def test_the_student_schema_has_the_72_items_of_the_paper_form(student):
    items = {f.source.split("；")[0] for f in student.fields}
    assert {f"学生基本信息表第{n}项" for n in range(1, 73)} <= items
    for title in FORM_ONLY.split():
        assert any(f.title == title for f in student.fields), title


def test_only_a_name_and_an_id_column_are_required_and_the_stars_are_to_be_filled(student):
    assert {f.name for f in student.fields if f.required} == {"name", "id_number"}
    first_34 = {f.name for f in student.fields if f.template and f.template <= 34}
    filled = {f.name for f in student.fields if f.filled}
    assert first_34 - filled == {"id_number"}  # blank is right for type 其他; a rule of its own looks at that
    assert filled - first_34 == {"grade", "migrant"}


def test_personal_data_is_marked(student):
    marks = {f.name: f.pii for f in student.fields}
    assert marks["name"] is marks["member1_name"] is marks["former_name"] is Pii.NAME
    assert marks["id_number"] is marks["member2_id_number"] is marks["roll_number"] is marks["local_number"] is Pii.ID
    assert marks["phone"] is marks["member1_phone"] is Pii.PHONE
    assert marks["address"] is marks["home_address"] is marks["member1_address"] is marks["hukou_place"] is Pii.ADDRESS
    assert marks["birth_date"] is Pii.DATE


@pytest.mark.parametrize("name", ["student", "class", "school", "person"])
def test_no_header_belongs_to_two_fields_and_every_code_table_is_loaded(name):
    schema = load_schema(name)
    assert schema.headers.conflicts() == []
    assert {f.code for f in schema.fields if f.code} == set(schema.code_tables)
    assert all((f.type is FieldType.CODE) == (f.code is not None) for f in schema.fields)


def test_the_definitions_stand_in_the_repository_or_the_wheel():
    assert (packaged_root() / "student.yaml").is_file()


# --- a user's own ---


def test_extends_lays_keys_over_the_parent_field_by_field(tmp_path):
    path = write(
        tmp_path,
        """
name: county
title: 本县学生
extends: student
remove: [marriage, religion]
fields:
  - name: id_number
    aliases: [证件编码]
    title: 身份证号码
  - name: bus_route
    title: 校车线路
    type: text
""",
    )
    parent, own = load_schema("student"), load_schema(path)
    assert own.name == "county"
    assert own.version == parent.version
    assert "marriage" not in own.by_name
    assert len(own.fields) == len(parent.fields) - 2 + 1
    changed, was = own.by_name["id_number"], parent.by_name["id_number"]
    assert changed.title == "身份证号码"
    assert changed.aliases == ("证件编码", *was.aliases)  # headers are added to, never lost
    assert (changed.type, changed.required, changed.template) == (was.type, was.required, was.template)
    assert [f.name for f in own.fields][-1] == "bus_route"


def test_a_file_may_extend_the_packaged_schema_of_its_own_name(tmp_path):
    write(tmp_path, "extends: student\nfields:\n  - {name: bus_route, title: 校车线路}\n", "student.yaml")
    own = load_schema("student", [tmp_path])
    assert own.by_name["bus_route"].title == "校车线路"
    assert "id_number" in own.by_name


def test_a_code_table_beside_a_schema_replaces_the_packaged_one(tmp_path):
    write(tmp_path, "code,label\n1,男\n2,女\n3,不详\n", "codes/sex.csv")
    path = write(tmp_path, "extends: student\n")
    assert [e.label for e in load_schema(path).code_tables["sex"].entries] == ["男", "女", "不详"]
    assert len(load_schema("student").code_tables["sex"].entries) == 4


def test_scalars_stay_text(tmp_path):
    path = write(tmp_path, "name: 01\ntitle: NO\nversion: 2024-09-01\nfields:\n  - {name: a, title: 1:30}\n")
    schema = load_schema(path)
    assert (schema.name, schema.title, schema.version, schema.fields[0].title) == ("01", "NO", "2024-09-01", "1:30")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_files_saved_by_windows_editors_are_read(tmp_path, encoding):
    path = tmp_path / "own.yaml"
    path.write_bytes("title: 本县\r\nfields:\r\n  - {name: a, title: 姓名}\r\n".encode(encoding))
    assert load_schema(path).fields[0].title == "姓名"


def test_all_mistakes_of_a_file_are_reported_together_with_their_lines(tmp_path):
    path = write(
        tmp_path,
        """name: own
titel: 学生
fields:
  - name: a
    title: 姓名
    typo: 1
    type: nmae
    required: maybe
    max_length: -3
  - title: 没有名字
  - name: 中文
  - name: a
  - name: b
    title: 姓名
    code: no_such_table
  - name: c
    name: d
    type: code
  - name: e
    group: nowhere
    aliases: 甲
  - just text
markers: [zz]
""",
    )
    assert mistakes(path) == [
        (2, "definition_unknown_key_near"),
        (6, "definition_unknown_key_near"),
        (7, "definition_not_choice"),
        (8, "definition_not_flag"),
        (9, "definition_not_number"),
        (10, "schema_field_name"),
        (11, "schema_field_name_form"),
        (12, "schema_field_twice"),
        (13, "unknown_code_table"),
        (13, "schema_header_twice"),
        (16, "schema_code_missing"),
        (17, "definition_duplicate_key"),
        (19, "schema_unknown_group"),
        (22, "definition_not_mapping"),
        (22, "schema_field_name"),
        (23, "schema_unknown_marker"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: [", (2, "definition_yaml")),
        ("a: b: c", (1, "definition_yaml")),
        ("\tname: x", (1, "definition_yaml")),
        ("", (None, "definition_empty")),
        ("# only a remark\n", (None, "definition_empty")),
        ("- a\n- b\n", (1, "definition_not_mapping")),
        ("name: x\nfields: abc\n", (2, "definition_not_list")),
        ("name: x\n", (None, "schema_no_fields")),
        ("name: {a: b}\nfields:\n  - {name: a}\n", (1, "definition_not_text")),
        ("extends: student\nremove: [nothing]\n", (2, "schema_remove_unknown")),
        ("extends: student\nfields:\n  - {name: x, title: 甲, template: 3}\n", (3, "schema_template_twice")),
        ("extends: student\nfields:\n  - {name: x, title: 甲, role: name}\n", (3, "schema_role_twice")),
        ("extends: student\nfields:\n  - {name: x, title: 甲, aliases: [学生姓名]}\n", (3, "schema_header_twice")),
        ('fields:\n  - {name: a, title: "\\x01"}\n  - "\x00"\n', (3, "definition_character")),
    ],
)
def test_a_file_written_wrong_is_one_clear_error(tmp_path, text, expected):
    assert expected in mistakes(write(tmp_path, text))


@pytest.mark.parametrize(("name", "key"), [("nothing", "unknown_schema"), ("no/such.yaml", "definition_not_found")])
def test_a_schema_that_is_not_there_is_a_user_error(name, key):
    with pytest.raises(UserError) as caught:
        load_schema(name)
    assert caught.value.key == key
    assert catalogue.text("zh", f"errors.{key}", **caught.value.params)


def test_schemas_that_extend_one_another_in_a_circle_are_refused(tmp_path):
    write(tmp_path, "extends: b.yaml\n", "a.yaml")
    write(tmp_path, "extends: a.yaml\n", "b.yaml")
    with pytest.raises(UserError) as caught:
        load_schema(tmp_path / "a.yaml")
    assert caught.value.key == "schema_circle"


def test_a_mistake_in_a_parent_is_reported_for_the_parent(tmp_path):
    write(tmp_path, "fields:\n  - {name: a, nonsense: 1}\n", "parent.yaml")
    child = write(tmp_path, "extends: parent.yaml\n", "child.yaml")
    with pytest.raises(DefinitionError) as caught:
        load_schema(child)
    assert Path(caught.value.file).name == "parent.yaml"


# --- which headers are known ---


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("姓名", "name"),
        ("★姓 名", "name"),
        ("姓名：", "name"),
        ("姓名（必填）", "name"),
        ("学生姓名", "name"),
        ("学生信息/姓名", "name"),
        ("xm", "name"),
        ("性别码", "sex"),
        ("学生性别", "sex"),
        ("身份证号", "id_number"),
        ("公民身份号码", "id_number"),
        ("身份证号码(18位)", "id_number"),
        ("身份证件号（居民身份证）", "id_number"),
        ("SFZJH", "id_number"),
        ("出生日期(YYYYMMDD)", "birth_date"),
        ("出生年月", "birth_date"),
        ("学籍号", "roll_number"),
        ("个人标识码", "roll_number"),
        ("教育ID", "roll_number"),
        ("地区学号", "local_number"),
        ("学号", "local_number"),
        ("班号", "class_name"),
        ("年级/班级", "class_name"),
        ("户籍地址", "hukou_place"),
        ("家长电话", "phone"),
        ("成员1姓名", "member1_name"),
        ("家庭成员一姓名", "member1_name"),
        ("家庭成员1/姓名", "member1_name"),
        ("家庭成员（一）/联系电话", "member1_phone"),
        ("父亲姓名", "member1_name"),
        ("父亲身份证号", "member1_id_number"),
        ("母亲/姓名", "member2_name"),
        ("母亲联系电话", "member2_phone"),
        ("监护人姓名", "member1_name"),
        ("家长(监护人)姓名", "member1_name"),
        ("家庭成员二是否监护人", "member2_guardian"),
        ("与学生关系", "member1_relation"),
        ("上下学距离（公里）", "distance_km"),
        ("国籍（地区）", "nationality"),
        ("是否住校", "boarding"),
    ],
)
def test_headers_people_use(student, header, field):
    assert student.headers.claims(header)[0].field == field


@pytest.mark.parametrize(
    "header",
    [
        "",
        "班主任姓名",
        "家长信息/姓名",
        "原学校/名称",
        "毕业学校",
        "原身份证号",
        "张三",
        "2015-01-01",
        "合计",
        "填表人",
        "代码",
        "(盖章)",
        "身份证号是否正确",
        "新学籍号",
        "姓名2",
        "教师姓名",
        "户主身份证号码",
    ],
)
def test_headers_that_mean_something_else_are_not_taken(student, header):
    assert student.headers.claims(header) == ()


def test_the_vocabulary_knows_headers_and_not_cells():
    vocabulary = Vocabulary([load_schema(name) for name in schema_names()])
    assert all(vocabulary.knows(header) for header in ("姓名", "学生信息/姓名", "班主任姓名", "学校标识码", "身份证号"))
    # Each of these is a header in some files, and a cell in most.
    assert not any(
        vocabulary.knows(cell) for cell in ("父亲", "健康", "住校", "户口", "身份证", "张三", "1班", "是", "")
    )


def test_the_readme_counts_as_we_do():
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    schema = load_schema("student")
    assert f"{len(schema.fields)} 个字段、三千六百多种列名写法" in text
    assert 3600 < len(schema.headers.known()) < 3700

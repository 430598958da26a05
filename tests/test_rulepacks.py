import pytest

from xueji_cli.errors import DefinitionError, UserError
from xueji_cli.messages import catalogue
from xueji_cli.schema.rulepack import RuleOverride, load_rulepack, rulepack_names

KNOWN = {"EN02": {"cutoff": "08-31", "inclusive": "true"}, "ID03": {}, "CL01": {"large": "56"}}


def write(folder, text, name="own.yaml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pack_sets_severity_clause_and_parameters(tmp_path):
    path = write(
        tmp_path,
        """
name: county
title: 本县
version: 2025-09-01
source: 县教字〔2025〕1号
rules:
  EN02: {severity: warning, source: 第三条, params: {cutoff: 09-30}}
  ID03: {severity: off}
""",
    )
    pack = load_rulepack(path, known_codes=KNOWN)
    assert (pack.name, pack.title, pack.version, pack.source) == ("county", "本县", "2025-09-01", "县教字〔2025〕1号")
    assert pack.rules["EN02"] == RuleOverride("warning", "第三条", {"cutoff": "09-30"})
    assert pack.rules["ID03"].severity == "off"


def test_a_pack_extends_another_rule_by_rule_and_parameter_by_parameter(tmp_path):
    write(
        tmp_path,
        "rules:\n  EN02: {severity: error, source: 甲, params: {cutoff: 08-31, inclusive: true}}\n  ID03:\n",
        "a.yaml",
    )
    path = write(
        tmp_path, "extends: a.yaml\nrules:\n  EN02: {params: {cutoff: 09-01}}\n  CL01: {severity: notice}\n", "b.yaml"
    )
    pack = load_rulepack(path, known_codes=KNOWN)
    assert pack.rules["EN02"] == RuleOverride("error", "甲", {"cutoff": "09-01", "inclusive": "true"})
    assert list(pack.rules) == ["CL01", "EN02", "ID03"]
    assert pack.name == "b"


def test_a_pack_may_extend_the_packaged_one_of_its_own_name(tmp_path):
    write(tmp_path, "extends: national-2013\nrules:\n  ID03: {severity: off}\n", "rulepacks/national-2013.yaml")
    pack = load_rulepack("national-2013", [tmp_path])
    assert pack.rules["ID03"].severity == "off"


def test_the_packaged_packs_load():
    assert "national-2013" in rulepack_names()
    for name in rulepack_names():
        pack = load_rulepack(name)
        assert pack.name == name
        assert pack.title
        assert pack.version
        assert pack.source


def test_all_mistakes_of_a_pack_are_reported_together_with_their_lines(tmp_path):
    path = write(
        tmp_path,
        """name: own
ruels: {}
rules:
  EN02:
    severity: fatal
    param: {cutoff: 1}
  EN2: {severity: error}
  CL01: {params: {larg: 50}}
  ID03: [a]
  ID03: {severity: error}
""",
    )
    with pytest.raises(DefinitionError) as caught:
        load_rulepack(path, known_codes=KNOWN)
    for lang in catalogue.LANGUAGES:
        assert all(catalogue.text(lang, f"errors.{m.error.key}", **m.error.params) for m in caught.value.mistakes)
    assert [(each.line, each.error.key) for each in caught.value.mistakes] == [
        (2, "definition_unknown_key_near"),
        (5, "definition_not_choice"),
        (6, "definition_unknown_key_near"),
        (7, "rulepack_unknown_rule"),
        (8, "rulepack_unknown_param"),
        (9, "definition_not_mapping"),
        (10, "definition_duplicate_key"),
    ]


@pytest.mark.parametrize(("name", "key"), [("nothing", "unknown_rulepack"), ("no/such.yaml", "definition_not_found")])
def test_a_pack_that_is_not_there_is_a_user_error(name, key):
    with pytest.raises(UserError) as caught:
        load_rulepack(name)
    assert caught.value.key == key


def test_packs_that_extend_one_another_in_a_circle_are_refused(tmp_path):
    write(tmp_path, "extends: b.yaml\nrules: {}\n", "a.yaml")
    write(tmp_path, "extends: a.yaml\nrules: {}\n", "b.yaml")
    with pytest.raises(UserError) as caught:
        load_rulepack(tmp_path / "a.yaml")
    assert caught.value.key == "schema_circle"

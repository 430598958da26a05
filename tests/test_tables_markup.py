"""HTML and XML Spreadsheet 2003, as web systems write them under the name .xls."""

from __future__ import annotations

from pathlib import Path

import pytest
import table_files as make

from xueji_cli.tables import facts
from xueji_cli.tables.reader import ReadOptions, read_tables
from xueji_cli.tables.table import ROW, Fact, Table

HEAD = ["姓名", "性别", "身份证件号", "班级"]
CHILD = ["张三", "男", "341323201204120018", "一(1)班"]


def read(folder: Path, data: str | bytes) -> list[Table]:
    path = folder / "名单.xls"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_tables(str(path), ReadOptions(), make.Words())


def one(folder: Path, data: str | bytes) -> Table:
    (table,) = read(folder, data)
    return table


def rows(table: Table) -> dict[int, list[str | None]]:
    return {row[0]: list(row[1:]) for row in table.frame.rows()}


def fact(table: Table, key: str) -> Fact:
    (found,) = (fact for fact in table.facts if fact.key == key)
    return found


def test_html_with_title_and_two_row_header(tmp_path: Path) -> None:
    html = """<html><body><table>
      <tr><td colspan=5><b>灵西小学花名册</b></td></tr>
      <tr><th rowspan=2>姓名</th><th rowspan=2>性别</th><th rowspan="2">身份证件号</th><th colspan=2>家庭成员一</th></tr>
      <tr><th>姓名</th><th>联系<br>电话</th></tr>
      <tr><td>张&nbsp;三</td><td> 男 </td><td>341323201204120018</td><td>张四</td><td>13812345678</td></tr>
      <tr><td>李四<td>女<td>341323201204120026<td>李五
    </table></body></html>"""
    table = one(tmp_path, html)
    assert [column.header for column in table.columns] == [
        "姓名",
        "性别",
        "身份证件号",
        "家庭成员一/姓名",
        "家庭成员一/联系电话",
    ]
    assert table.header_row == 3
    assert rows(table) == {
        4: ["张\xa0三", "男", "341323201204120018", "张四", "13812345678"],
        5: ["李四", "女", "341323201204120026", "李五", None],
    }


def test_html_rowspan_is_a_merged_cell(tmp_path: Path) -> None:
    body = (
        "<tr><td>张三</td><td rowspan=2>一(1)班</td></tr><tr><td>李四</td></tr><tr><td>王五</td><td>一(2)班</td></tr>"
    )
    table = one(tmp_path, f"<table><tr><td>姓名</td><td>班级</td></tr>{body}</table>")
    assert rows(table) == {2: ["张三", "一(1)班"], 3: ["李四", "一(1)班"], 4: ["王五", "一(2)班"]}
    assert fact(table, facts.MERGED_FILLED).params == {"count": 1, "example": "B2:B3"}


def test_html_lines_of_text_above_take_rows(tmp_path: Path) -> None:
    table = one(tmp_path, make.html([HEAD, CHILD], head="<h2>灵西小学</h2><p>2024年9月</p>"))
    assert table.header_row == 3
    assert list(rows(table)) == [4]


def test_html_tables_below_one_another(tmp_path: Path) -> None:
    first = "<table><tr><td>学校名称</td><td>灵西小学</td></tr><tr><td>日期</td><td>2024-09</td></tr></table>"
    second = make.html([HEAD, CHILD]).split("<body>")[1]
    tables = read(tmp_path, f"<html><body>{first}{second}")
    assert [(table.header_row, list(rows(table))) for table in tables][-1] == (3, [4])


def test_html_layout_tables_are_looked_through(tmp_path: Path) -> None:
    inner = make.html([HEAD, CHILD]).split("<body>")[1].split("</body>")[0]
    table = one(tmp_path, f"<html><body><table><tr><td>菜单</td><td>{inner}</td></tr></table></body></html>")
    assert rows(table) == {2: CHILD}


def test_html_of_excel_keeps_the_stored_number(tmp_path: Path) -> None:
    cells = (
        '<td>张三</td><td x:num="3.4132320120412E+17">3.41323E+17</td><td x:num>13812345678</td>'
        '<td x:num="41011">2012/4/12</td><td x:str>007</td>'
    )
    head = "<td>姓名</td><td>身份证件号</td><td>手机号码</td><td>出生日期</td><td>班级</td>"
    table = one(tmp_path, f"<html><table><tr>{head}</tr><tr>{cells}</tr></table></html>")
    assert rows(table) == {2: ["张三", "341323201204120000", "13812345678", "2012/4/12", "007"]}
    assert {position: mask.to_list() for position, mask in table.numeric.items()} == {1: [True], 2: [True]}


def test_html_hidden_parts(tmp_path: Path) -> None:
    body = "<tr><td>姓名</td><td>性别</td></tr><tr style='display: none'><td>a</td><td>男</td></tr><tr><td>b</td><td>男</td></tr>"
    table = one(tmp_path, f"<table><col><col style='display:none'>{body}</table>")
    assert list(rows(table)) == [2, 3]
    assert fact(table, facts.HIDDEN_ROWS).row == 2
    assert fact(table, facts.HIDDEN_COLUMNS).params["columns"] == "B"


@pytest.mark.parametrize("declared", ["gb2312", "GBK", "utf-8", "gb18030", "nonsense", None])
@pytest.mark.parametrize("real", ["gb18030", "utf-8"])
def test_html_encoding_is_proved_not_believed(declared: str | None, real: str, tmp_path: Path) -> None:
    html = make.html([HEAD, CHILD], charset=declared or "")
    table = one(tmp_path, html.encode(real))
    assert rows(table) == {2: CHILD}
    assert table.source.encoding == real


def test_html_of_damaged_markup_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    table = one(tmp_path, "<table border=1><tr><td>姓名<td>性别<tr><td>张三<td>男<tr><td>李四<td>女</tr")
    assert rows(table) == {2: ["张三", "男"], 3: ["李四", "女"]}


def test_xml2003_places_types_and_hidden_parts(tmp_path: Path) -> None:
    rest = """
      <Row ss:Index="5" ss:Hidden="1"><Cell><Data ss:Type="String">李四</Data></Cell>
        <Cell ss:Index="3"><Data ss:Type="Number">3.4132320120412E+17</Data></Cell>
        <Cell><Data ss:Type="DateTime">2012-04-12T00:00:00.000</Data></Cell>
        <Cell><Data ss:Type="Error">#N/A</Data></Cell></Row>
      <Row><Cell><Data ss:Type="String">王<B>五</B></Data></Cell><Cell ss:MergeDown="1"><Data ss:Type="String">女</Data></Cell>
        <Cell ss:Index="4"><Data ss:Type="DateTime">2012-04-12T08:30:00.000</Data></Cell></Row>
      <Row><Cell><Data ss:Type="String">赵六</Data></Cell><Cell ss:Index="3"><Data ss:Type="Number">12.50</Data></Cell></Row>"""
    data = make.xml2003([["姓名", "性别", "身份证件号", "出生日期", "备注"], CHILD[:3]], rest=rest)
    data = data.replace("<Table>", '<Table><Column/><Column ss:Index="4" ss:Hidden="1" ss:Span="1"/>')
    table = one(tmp_path, data)
    assert rows(table) == {
        2: [*CHILD[:3], None, None],
        5: ["李四", None, "341323201204120000", "2012-04-12", "#N/A"],
        6: ["王五", "女", None, "2012-04-12 08:30:00", None],
        7: ["赵六", "女", "12.5", None, None],
    }
    assert table.numeric[2].to_list() == [False, True, False, False]
    assert fact(table, facts.HIDDEN_ROWS).params["rows"] == "5"
    assert fact(table, facts.HIDDEN_COLUMNS).params["columns"] == "D, E"
    assert fact(table, facts.FORMULA_ERROR).row == 5
    assert fact(table, facts.BLANK_ROWS).params["rows"] == "3–4"


def test_xml2003_in_its_declared_encoding_and_with_a_hidden_sheet(tmp_path: Path) -> None:
    options = '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>'
    data = make.xml2003([HEAD, CHILD], sheet="一班", options=options)
    data = data.replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="gb2312"?>')
    table = one(tmp_path, data.encode("gb2312"))
    assert table.source.sheet == "一班"
    assert table.frame[ROW].to_list() == [2]
    assert fact(table, facts.HIDDEN_SHEET).params == {"sheet": "一班"}

"""What a header says once its decoration is taken away."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Marks that templates put beside required columns, and invisible characters that copy and paste leave behind.
_MARKS = re.compile(r"[\s*★☆※●○◆◇■□▲△▼▽✱＊#√✓\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2061-\u2064\ufeff\ue000-\uf8ff]+")
_NUMBERING = re.compile(r"^(?:\(?\d{1,2}\)|\d{1,2}[.、])(?=\D)")
_BRACKETED = re.compile(r"[(\[【〔《<{][^()\[\]【】〔〕《》<>{}]*[)\]】〕》>}]")
# A bracketed remark says how to fill the column, not what it holds: 家长(监护人)姓名 keeps its brackets, 姓名(必填) does not.
_REMARK = re.compile(
    r"必|选填|选择|可填|可空|可不填|不填|下拉|单选|多选|填写|录入|格式|文本|数字|字符|\d位|如:|^如|例如|例:|请|[参详]见|见[表附]"
    r"|参照|参考|一致|年月日|yyyy|mmdd|xxxx|\d{4}|^(?:cm|kg|厘米|公斤|千克|岁|元)?$|代码表|只读|勿改|不可修改",
    re.IGNORECASE,
)
_EDGES = ":;,.。、·-_—'\"“”‘’`=|\\"


@lru_cache(maxsize=8192)
def normalise_header(text: str) -> str:
    """Return a header's bare name, for looking it up.

    NFKC (so full-width forms and Kangxi radicals become ordinary), small letters, no white space, required marks, leading
    numbering, trailing colons, nor bracketed remarks about filling in. The slash between the parts of a two-row header stays.
    """
    bare = _MARKS.sub("", unicodedata.normalize("NFKC", text)).casefold()
    bare = _BRACKETED.sub(lambda match: "" if _REMARK.search(match[0][1:-1]) else match[0], bare)
    bare = _NUMBERING.sub("", bare)
    return bare.strip(_EDGES)


# The first rows of a file are looked at several times over.
@lru_cache(maxsize=8192)
def shown_header(text: str) -> str:
    """Return a header as written, on one line; a long number in it is no header but somebody's, and is not shown."""
    return re.sub(r"\d{7,}[\dXx]*", "****", re.sub(r"\s*[\r\n]+\s*", "", text).strip())

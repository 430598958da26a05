"""What the parameters of rules may be, wherever they are set: in a rule pack or in the settings."""

from __future__ import annotations

import re

_WHOLE = (r"\d{1,4}", "1, 2, 3 ...")
_DAY = r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8])"
_WINDOWS = rf"(({_DAY})\.\.({_DAY})(,|$))*"
_DECIMAL = (r"\d{1,4}(\.\d{1,4})?", "2, 2.5 ...")

#: Parameter → what its whole text matches, and examples of it; others are free text.
_FORMS = {
    "age": _WHOLE,
    "at_least": _WHOLE,
    "days": _WHOLE,
    "early": (r"allowed|forbidden", "allowed, forbidden"),
    "grades": (r"\d{1,2}(,\d{1,2})*", "6,9,12 ..."),
    "months": _WHOLE,
    "transfer": (r"allowed|forbidden", "allowed, forbidden"),
    "until": (_DAY, "09-30 ..."),
    "windows": (_WINDOWS, "02-15..03-14,08-15..09-14 ..."),
    "below": (r"(\d{1,4})?", "1, 2, 3 ..."),
    "cutoff": (_DAY, "08-31, 12-31 ..."),
    "from": _WHOLE,
    "inclusive": (r"true|false|yes|no|是|否|1|0", "true, false"),
    "junior": _DECIMAL,
    "km": _DECIMAL,
    "max_age": _WHOLE,
    "max_years": _WHOLE,
    "min_age": _WHOLE,
    "min_years": _WHOLE,
    "older": _WHOLE,
    "percent": _DECIMAL,
    "primary": _DECIMAL,
    "primary_years": (r"[56]", "5, 6"),
    "tolerance": _WHOLE,
    "within": (r"grade|school", "grade, school"),
    "younger": _WHOLE,
}


def wanted_form(name: str, value: str) -> str:
    """Return examples of what a parameter may be when the value is nothing of the kind; an empty string when it is."""
    pattern, examples = _FORMS.get(name, ("(?s).*", ""))
    return "" if re.fullmatch(pattern, value, flags=re.ASCII) else examples

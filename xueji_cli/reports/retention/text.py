"""placeholder"""


def render_text(*a, **k):
    return ""

"""A digest that is known already, for sources that no file stands behind."""

from __future__ import annotations

from concurrent.futures import Future


def known(value: str = "0" * 64) -> Future[str]:
    """Return the digest of a file, computed."""
    answer: Future[str] = Future()
    answer.set_result(value)
    return answer

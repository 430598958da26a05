"""Numbers as Excel shows them when nothing is cut off."""

from __future__ import annotations

from decimal import Decimal


def plain_number(value: float) -> str:
    """Write a number whole: 15 digits, no exponent, no `.0`."""
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text

"""The secret key that records are known again with: the user's own, made on first use, or the one named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xueji_cli.console import Console
    from xueji_cli.settings import Settings


def record_key(settings: Settings, console: Console) -> bytes:
    """Return the key; one that was made now is told of.

    Raises:
        UserError: When it can't be read or made. A key that the user names must be there: a name typed wrong would make another.
    """
    from xueji_cli.tables.keyfile import personal_key, personal_key_path, read_key

    if settings.record_key is not None:
        return read_key(settings.record_key)
    path = personal_key_path(os.environ)
    key, made = personal_key(path)
    if made:
        console.note(console.text("cli.record_key_made", file=path))
    return key

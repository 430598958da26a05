"""Secret keys in files of their own, and what is derived from them: codes that nobody can try out without the key."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xueji_cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Bytes of a key: as many as the digest has. A shorter one could be tried out, a longer one adds nothing.
KEY_BYTES = 32
#: A file longer than this is no key, but a roster named by mistake.
_MOST_BYTES = 4096
#: Only its owner reads and writes it.
_OWNER_ONLY = 0o600


def read_key(path: str | Path) -> bytes:
    """Return the key of a file.

    Raises:
        UserError: `key_missing`, `key_unreadable`, `key_short`, `key_long`.
    """
    try:
        with Path(path).open("rb") as stream:
            key = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UserError("key_missing", file=str(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UserError("key_unreadable", file=str(path), reason=reason) from None
    if len(key) < KEY_BYTES:
        raise UserError("key_short", file=str(path), least=KEY_BYTES, found=len(key))
    if len(key) > _MOST_BYTES:
        raise UserError("key_long", file=str(path), most=_MOST_BYTES)
    return key


def make_key(path: str | Path) -> bytes:
    """Write a new key to a file that only its owner reads; a key that is there is never written over, not even by a race.

    Raises:
        UserError: `key_exists`, `output_no_folder`, `output_failed`.
    """
    key = secrets.token_bytes(KEY_BYTES)
    try:
        # Not `whole_file`, which takes the place of what is there: of two runs at once, one must lose.
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), _OWNER_ONLY)
    except FileExistsError:
        raise UserError("key_exists", file=str(path)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise UserError("output_no_folder", file=str(path), folder=str(Path(path).parent)) from None
    except OSError as error:
        raise UserError("output_failed", file=str(path), reason=error.strerror or type(error).__name__) from None
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        raise UserError("output_failed", file=str(path), reason=error.strerror or type(error).__name__) from None
    return key


def personal_key_path(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return where a user's own key lies, as programs of the platform keep what is theirs.

    Raises:
        UserError: `key_no_home`, where the user has no home.
    """
    try:
        home = Path.home()
    except RuntimeError:
        raise UserError("key_no_home") from None
    if platform == "win32":
        folder = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        folder = home / "Library" / "Application Support"
    else:
        folder = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return folder / "xueji" / "record.key"


def personal_key(path: str | Path) -> tuple[bytes, bool]:
    """Return the user's own key, made when it is not there; and whether it was made now.

    Raises:
        UserError: What `read_key` and `make_key` raise, and `key_unwritable`.
    """
    try:
        return read_key(path), False
    except UserError as error:
        if error.key != "key_missing":
            raise
    try:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return make_key(path), True
    except OSError:
        raise UserError("key_unwritable", file=str(path)) from None
    except UserError as error:
        if error.key == "key_exists":
            # Another run made it meanwhile.
            return read_key(path), False
        raise UserError("key_unwritable", file=str(path)) from None


def keyed(key: bytes, purpose: str, text: str) -> bytes:
    """Return the 32 bytes that a key gives a text.

    Args:
        key: The key.
        purpose: What for; the same text gives something else for another purpose.
        text: Anything.
    """
    return hmac.digest(key, f"{purpose}\x1f{text}".encode("utf-8", "surrogatepass"), "sha256")

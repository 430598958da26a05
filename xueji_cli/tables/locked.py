"""Workbooks behind a password: opened in memory within bounds, and made.

Excel keeps an encrypted .xlsx (ECMA-376, agile or standard) in an OLE container, and encrypts an .xls within its stream
(`lockedxls`). What comes out is read as any other file, with all that guards against bombs.
"""

from __future__ import annotations

import io
import logging
from itertools import chain
from pathlib import Path
from typing import Protocol

from xueji_cli.errors import InputError
from xueji_cli.tables import biff
from xueji_cli.tables.blob import Blob, megabytes
from xueji_cli.tables.ole import SIGNATURE, Container, DamagedContainer
from xueji_cli.tables.secret import Keyring, Password

#: A password is hashed so often before it opens an .xlsx; programs write 100,000. A file that asks for more keeps readers busy.
MOST_SPINS = 1_000_000
#: Rounds that all passwords tried on one file may take together: 200 passwords as programs write them, about half a minute.
MOST_ROUNDS = 20_000_000
#: Bytes of an encrypted package, and of the description of how it is encrypted.
MOST_PACKAGE = 512 * 1024**2
_MOST_INFO = 1024**2
#: Bytes of an encrypted .xls stream, which is gone through record by record.
MOST_STREAM = 64 * 1024**2

#: What Excel itself encrypts with where only the structure of a workbook is protected; it opens such a file without asking.
DEFAULT = Password("VelvetSweatshop")


class Lock(Protocol):
    """How a file is locked.

    Attributes:
        rounds: What it takes to try one password.
    """

    rounds: int

    def fits(self, password: str) -> bool:
        """Say whether a password opens it."""
        ...

    def plain(self, password: str) -> bytes:
        """Return the file as it is without a password."""
        ...


def unlocked(blob: Blob, keys: Keyring) -> tuple[Blob, Password]:
    """Open a file that is locked.

    Args:
        blob: The file as it is.
        keys: Knows passwords.

    Returns:
        Its content without the lock, still with the digest of the file as it is; and the password.

    Raises:
        InputError: `password_protected` without a password to try, `password_wrong`, `password_many`, `password_slow`,
            `password_other` for a format that can't be opened here, `too_large`, `corrupt`.
    """
    lock = lock_of(blob)
    tried = 0
    for password in chain([DEFAULT], keys.tries(blob.path)):
        if tried * lock.rounds > MOST_ROUNDS:
            raise InputError("password_many", file=blob.path, count=tried)
        if lock.fits(password.text):
            if password != DEFAULT:
                keys.opened(blob.path, password)
            return Blob(blob.path, _plain(lock, blob.path, password), blob.digest), password
        tried += 1
    # The first one is nobody's.
    if tried > 1:
        raise InputError("password_wrong", file=blob.path, count=tried - 1)
    raise InputError("password_protected", file=blob.path)


def reopened(blob: Blob, password: Password) -> bytes:
    """Return the content of a file that this password has opened before.

    Raises:
        InputError: `corrupt`.
    """
    lock = lock_of(blob)
    if not lock.fits(password.text):
        raise InputError("corrupt", file=blob.path)
    return _plain(lock, blob.path, password)


def _plain(lock: Lock, file: str, password: Password) -> bytes:
    try:
        data = lock.plain(password.text)
    except MemoryError:
        raise
    except Exception:  # the library meets damage with whatever exception it comes to
        raise InputError("corrupt", file=file) from None
    if not data.startswith((b"PK", SIGNATURE)):
        raise InputError("corrupt", file=file)
    return data


def lock_of(blob: Blob) -> Lock:
    """Return how a file is locked.

    Raises:
        InputError: `password_other`, `password_slow`, `too_large`, `corrupt`.
    """
    if not blob.data.startswith(SIGNATURE):
        raise InputError("password_other", file=blob.path)
    try:
        container = Container(blob.data)
        package = container.stream("EncryptedPackage")
        if package is not None:
            return _Package(blob, len(package), container.stream("EncryptionInfo") or b"")
        stream = container.stream("Workbook")
    except DamagedContainer:
        raise InputError("corrupt", file=blob.path) from None
    if stream is None or not biff.is_encrypted(stream):
        raise InputError("password_other", file=blob.path)
    if len(stream) > MOST_STREAM:
        raise InputError("too_large", file=blob.path, limit=megabytes(MOST_STREAM))
    silence()
    from xueji_cli.tables.lockedxls import LockedXls

    return LockedXls(blob.data, stream)


def silence() -> None:
    """Keep the library from writing passwords into its debugging log, and from setting up a log for the whole process."""
    logging.getLogger("msoffcrypto").setLevel(logging.WARNING)
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())


class _Package:
    """An encrypted .xlsx."""

    def __init__(self, blob: Blob, size: int, info: bytes) -> None:
        """Read how it is encrypted.

        Raises:
            InputError: See `lock_of`.
        """
        if size > MOST_PACKAGE:
            raise InputError("too_large", file=blob.path, limit=megabytes(MOST_PACKAGE))
        # The description is parsed as XML: nothing in it may unfold.
        if len(info) > _MOST_INFO or b"<!" in info:
            raise InputError("corrupt", file=blob.path)
        silence()
        from msoffcrypto.exceptions import DecryptionError
        from msoffcrypto.format.ooxml import OOXMLFile

        try:
            self._file = OOXMLFile(io.BytesIO(blob.data))
        except DecryptionError as error:
            slow = "spinCount" in str(error)
            key, params = ("password_slow", {"limit": f"{MOST_SPINS:,}"}) if slow else ("password_other", {})
            raise InputError(key, file=blob.path, **params) from None
        except MemoryError:
            raise
        except Exception:
            raise InputError("corrupt", file=blob.path) from None
        # Standard encryption hashes 50,000 times, whatever the file says.
        self.rounds = int(self._file.info.get("spinValue", 50_000))
        if self.rounds > MOST_SPINS:
            raise InputError("password_slow", file=blob.path, limit=f"{MOST_SPINS:,}")

    def fits(self, password: str) -> bool:
        from msoffcrypto.method.ecma376_agile import ECMA376Agile

        try:
            if self._file.type != "agile":
                self._file.load_key(password, verify_password=True)
                return True
            info = self._file.info
            # Only the right password is worth the rounds that its key takes.
            fits = ECMA376Agile.verify_password(
                password,
                info["passwordSalt"],
                info["passwordHashAlgorithm"],
                info["encryptedVerifierHashInput"],
                info["encryptedVerifierHashValue"],
                info["spinValue"],
                info["passwordKeyBits"],
            )
            if fits:
                self._file.load_key(password)
        except MemoryError:
            raise
        except Exception:  # a wrong password, or a verifier of which nothing can be made
            return False
        return bool(fits)

    def plain(self, password: str) -> bytes:  # noqa: ARG002 - the key is loaded
        out = io.BytesIO()
        self._file.decrypt(out)
        return out.getvalue()


def lock(path: Path, password: Password) -> None:
    """Encrypt a workbook where it stands (ECMA-376 agile: AES-256, SHA-512, 100,000 rounds), and prove that it opens again.

    Raises:
        OSError: When it does not.
    """
    silence()
    from msoffcrypto.format.ooxml import OOXMLFile

    plain = path.read_bytes()
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(plain)).encrypt(password.text, out)
    data = out.getvalue()
    made = OOXMLFile(io.BytesIO(data))
    made.load_key(password.text)
    back = io.BytesIO()
    made.decrypt(back)
    if back.getbuffer() != plain:
        raise OSError(0, "encryption")
    path.write_bytes(data)

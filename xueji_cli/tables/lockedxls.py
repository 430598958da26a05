"""An .xls behind a password: RC4, RC4 CryptoAPI or XOR over the records of its stream ([MS-XLS] 2.2.10).

The library tells whether a password fits and knows the ciphers; its own way to the plain file goes through a temporary file
and one byte after the other, so the records are put together here.
"""

from __future__ import annotations

import io
import struct

from xueji_cli.tables import biff

_FILEPASS, _BOUNDSHEET = 0x002F, 0x0085
#: Records that are never encrypted: BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead.
_PLAIN = frozenset({0x0809, _FILEPASS, 0x0194, 0x0195, 0x00E1, 0x0196, 0x0138})
_BLOCK = 1024


class LockedXls:
    """How an .xls is locked. A try takes next to nothing."""

    rounds = 1

    def __init__(self, data: bytes, stream: bytes) -> None:
        self._data = data
        self._stream = stream

    def fits(self, password: str) -> bool:
        """Say whether a password opens it."""
        try:
            self._open(password)
        except MemoryError:
            raise
        except Exception:  # a wrong password, or a record of which nothing can be made
            return False
        return True

    def _open(self, password: str) -> object:
        from msoffcrypto.format.xls97 import Xls97File

        file = Xls97File(io.BytesIO(self._data))
        file.load_key(password)
        return file

    def plain(self, password: str) -> bytes:
        """Return the file as it is without a password."""
        import olefile

        file = self._open(password)
        kind = getattr(file, "type", "")
        clear = self._xored(password) if kind == "xor" else self._deciphered(file, kind)
        whole = bytearray(clear)
        for number, start, size in biff.records(self._stream):
            head = start - 4
            whole[head:start] = self._stream[head:start]
            if number == _FILEPASS:
                # A record that no reader knows, of the same size.
                whole[head : start + size] = struct.pack("<HH", 0, size) + bytes(size)
            elif number in _PLAIN:
                whole[start : start + size] = self._stream[start : start + size]
            elif number == _BOUNDSHEET:
                # Where the sheet begins is never encrypted.
                whole[start : start + 4] = self._stream[start : start + 4]
        out = io.BytesIO(self._data)
        with olefile.OleFileIO(out, write_mode=True) as container:
            container.write_stream("Workbook", bytes(whole[: len(self._stream)]))
            return out.getvalue()

    def _deciphered(self, file: object, kind: str) -> bytes:
        stream = io.BytesIO(self._stream)
        if kind == "rc4":
            from msoffcrypto.method.rc4 import DocumentRC4

            found = DocumentRC4.decrypt(file.key, file.salt, stream, blocksize=_BLOCK)  # type: ignore[attr-defined]
        else:
            from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI

            found = DocumentRC4CryptoAPI.decrypt(
                file.key,  # type: ignore[attr-defined]
                file.salt,  # type: ignore[attr-defined]
                file.keySize,  # type: ignore[attr-defined]
                stream,
                blocksize=_BLOCK,
            )
        return bytes(found.getvalue())

    def _xored(self, password: str) -> bytes:
        """Undo XOR obfuscation: each byte was turned by five bits and combined with one of sixteen of the password."""
        import numpy as np
        from msoffcrypto.method.xor_obfuscation import DocumentXOR

        array = np.array(DocumentXOR.create_xor_array_method1(password), dtype=np.uint8)
        whole = np.frombuffer(self._stream, dtype=np.uint8).copy()
        for _, start, size in biff.records(self._stream):
            body = whole[start : start + size]
            turned = body ^ array[(np.arange(start, start + len(body)) + size) % 16]
            body[:] = (turned << 3) | (turned >> 5)
        return whole.tobytes()

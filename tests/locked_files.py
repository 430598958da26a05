"""Workbooks behind a password, of every kind that is read, made from the published formats ([MS-OFFCRYPTO], [MS-XLS])."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Callable, Sequence

import table_files as make
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.method.container.ecma376_encrypted import ECMA376Encrypted
from msoffcrypto.method.ecma376_agile import ECMA376Agile
from msoffcrypto.method.ecma376_standard import ECMA376Standard
from msoffcrypto.method.xor_obfuscation import DocumentXOR

_SALT = bytes(range(16))
_VERIFIER = bytes(range(100, 116))
#: Records of an .xls that are not encrypted, besides where a sheet begins.
_BOF, _FILEPASS, _BOUNDSHEET, _LABEL, _EOF = 0x0809, 0x002F, 0x0085, 0x0204, 0x000A

Rows = Sequence[Sequence[str]]


# --- .xlsx ---


def agile(data: bytes, password: str) -> bytes:
    """Return a workbook as Excel 2010 and later encrypt it."""
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def agile_of(data: bytes, password: str, spins: int) -> bytes:
    """Return the same of anything, with another number of rounds."""
    return ECMA376Agile.encrypt(password, io.BytesIO(data), spin_count=spins)  # type: ignore[no-any-return]


def with_info(locked: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """Return an encrypted workbook whose description was changed."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(locked)) as container:
        info = container.openstream("EncryptionInfo").read()
        package = container.openstream("EncryptedPackage").read()
    return container_of(package, change(info))


def container_of(package: bytes, info: bytes) -> bytes:
    """Return a container with both streams."""
    out = io.BytesIO()
    ECMA376Encrypted(package, info).write_to(out)
    return out.getvalue()


def standard(data: bytes, password: str) -> bytes:
    """Return a workbook as Excel 2007 encrypts it: AES-128 in blocks of their own."""
    key = ECMA376Standard.makekey_from_password(password, 0x660E, 0x8004, 0x18, 128, 16, _SALT)
    cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB())
    work = cipher.encryptor()
    verifier = work.update(_VERIFIER)
    hashed = work.update(hashlib.sha1(_VERIFIER).digest().ljust(32, b"\0"))
    body = work.update(data.ljust(-(-len(data) // 16) * 16, b"\0"))
    name = "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
    header = struct.pack("<IIIIIIII", 0x24, 0, 0x660E, 0x8004, 128, 0x18, 0, 0) + name
    info = struct.pack("<HHII", 4, 2, 0x24, len(header)) + header
    info += struct.pack("<I", 16) + _SALT + verifier + struct.pack("<I", 20) + hashed
    return container_of(struct.pack("<Q", len(data)) + body, info)


# --- .xls ---


def _record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def biff8(rows: Rows, filepass: bytes = b"") -> bytes:
    """Return the stream of an .xls of Excel 97 and later, with a record that asks for a password."""
    name = "学生".encode("utf-16-le")
    bof = struct.pack("<HHHHII", 0x0600, 5, 0x0DBB, 0x07CC, 0, 6)
    before = _record(_BOF, bof) + (_record(_FILEPASS, filepass) if filepass else b"")
    sheet = struct.pack("<BBBB", 0, 0, len(name) // 2, 1) + name
    start = len(before) + 4 + 4 + len(sheet) + 4
    stream = before + _record(_BOUNDSHEET, struct.pack("<I", start) + sheet) + _record(_EOF)
    stream += _record(_BOF, struct.pack("<HHHHII", 0x0600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            text = cell.encode("utf-16-le")
            body = struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text
            stream += _record(_LABEL, body)
    # The library wants records up to the end of the stream, zeros included.
    return stream + _record(_EOF, bytes(-len(stream) % 4))


def _bodies(stream: bytes) -> list[tuple[int, int, int]]:
    """Return start of what is encrypted, its end, and the size of the record."""
    found = []
    place = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind not in (_BOF, _FILEPASS):
            found.append((place + 4 + (4 if kind == _BOUNDSHEET else 0), place + 4 + size, size))
        place += 4 + size
    return found


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _ciphered(stream: bytes, key_of: Callable[[int], bytes]) -> bytes:
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    pad = b"".join(_rc4(key_of(block), bytes(1024)) for block in range(-(-len(stream) // 1024)))
    out = bytearray(stream)
    for start, end, _ in _bodies(stream):
        for place in range(start, end):
            out[place] ^= pad[place]
    return bytes(out)


def rc4_xls(rows: Rows, password: str) -> bytes:
    """Return an .xls as Excel 97 encrypts it."""
    first = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    base = hashlib.md5((first + _SALT) * 16).digest()[:5]

    def key_of(block: int) -> bytes:
        return hashlib.md5(base + struct.pack("<I", block)).digest()

    check = _rc4(key_of(0), _VERIFIER + hashlib.md5(_VERIFIER).digest())
    return make.ole("Workbook", _ciphered(biff8(rows, struct.pack("<HHH", 1, 1, 1) + _SALT + check), key_of))


def cryptoapi_xls(rows: Rows, password: str) -> bytes:
    """Return an .xls as Excel 2002 and later encrypt it."""
    base = hashlib.sha1(_SALT + password.encode("utf-16-le")).digest()

    def key_of(block: int) -> bytes:
        return hashlib.sha1(base + struct.pack("<I", block)).digest()[:16]

    check = _rc4(key_of(0), _VERIFIER + hashlib.sha1(_VERIFIER).digest())
    header = struct.pack("<IIIIIIII", 4, 0, 0x6801, 0x8004, 128, 1, 0, 0) + "RC4\0".encode("utf-16-le")
    filepass = struct.pack("<HHHII", 1, 2, 2, 4, len(header)) + header
    filepass += struct.pack("<I", 16) + _SALT + check[:16] + struct.pack("<I", 20) + check[16:]
    return make.ole("Workbook", _ciphered(biff8(rows, filepass), key_of))


def xor_xls(rows: Rows, password: str) -> bytes:
    """Return an .xls with the weakest of locks (XOR obfuscation)."""
    check = 0
    for byte in reversed([len(password), *password.encode("ascii")]):
        check = ((check >> 14) & 1 | (check << 1) & 0x7FFF) ^ byte
    stream = biff8(rows, struct.pack("<HHH", 0, 0x1234, check ^ 0xCE4B))
    array = DocumentXOR.create_xor_array_method1(password)
    out = bytearray(stream)
    for start, end, size in _bodies(stream):
        for place in range(start, end):
            turned = out[place] << 5 & 0xFF | out[place] >> 3
            out[place] = turned ^ array[(place + size) % 16]
    return make.ole("Workbook", bytes(out))

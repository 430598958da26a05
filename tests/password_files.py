"""Locked workbooks, and passwords with nobody to ask for them."""

from __future__ import annotations

from concurrent.futures import Future

import locked_files as locked
import table_files as make
from cli_rosters import HEADERS

from xueji_cli.tables.blob import Blob
from xueji_cli.tables.secret import Password

SECRET = "Xq7灵谷-Zebra91"
ASCII_SECRET = "Xq7-Zebra91"


def rows(cells):
    return [list(HEADERS), *([row[header] for header in HEADERS] for row in cells)]


def workbook(cells):
    return make.xlsx(rows(cells))


#: Kind of lock → a workbook with these children behind it.
LOCKS = {
    # With a hundredth of the rounds that programs take.
    "agile.xlsx": lambda cells, password: locked.agile_of(workbook(cells), password, 1000),
    "standard.xlsx": lambda cells, password: locked.standard(workbook(cells), password),
    "rc4.xls": lambda cells, password: locked.rc4_xls(rows(cells), password),
    "cryptoapi.xls": lambda cells, password: locked.cryptoapi_xls(rows(cells), password),
    "xor.xls": lambda cells, password: locked.xor_xls(rows(cells), password),
}


class Ring:
    """Passwords without anybody to ask."""

    def __init__(self, *texts):
        self.texts = texts
        self.said = []

    @property
    def used(self):
        return bool(self.said)

    def holds(self, _file):
        return False

    def tries(self, _file):
        yield from map(Password, self.texts)

    def opened(self, file, password):
        self.said.append((file, password.text))


def blob(data, name="a.xlsx"):
    digest = Future()
    digest.set_result("")
    return Blob(name, data, digest)


def put(path, data):
    path.write_bytes(data)
    return path


def secrets(path, *lines, encoding="utf-8"):
    path.write_bytes("\n".join(lines).encode(encoding))
    path.chmod(0o600)
    return path

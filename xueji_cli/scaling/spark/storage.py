"""Files wherever Spark finds them: on this machine, HDFS, S3. Asked through Spark's own libraries, with its own credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from xueji_cli.errors import UserError
from xueji_cli.tables.paths import TABLE_SUFFIXES, natural_key

#: `hdfs://…`, `s3a://…`; a letter and a colon is a drive of Windows.
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:")
_MAGIC = re.compile(r"[*?\[{]")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file.

    Attributes:
        uri: Its address, as Spark writes it.
        size: In bytes.
        modified: When it was last changed, in milliseconds.
    """

    uri: str
    size: int
    modified: int


def is_uri(path: str) -> bool:
    """Return whether a path names a file elsewhere than on this machine's own disks."""
    return bool(_SCHEME.match(path)) and not path.lower().startswith("file:")


def plain_path(path: str) -> str:
    """Return the path that a `file:` address means, or the path itself."""
    return unquote(urlsplit(path).path) if path.lower().startswith("file:") else path


def local_uri(path: str) -> str:
    """Return the address of an absolute path of this machine."""
    return f"file:{path}"


def literal(uri: str) -> str:
    """Return an address in which Spark reads no character as a pattern."""
    return re.sub(r"([{}\[\]*?\\])", r"\\\1", uri)


class Storage:
    """The file systems that a session knows."""

    def __init__(self, spark: Any) -> None:
        self._hadoop = spark._jvm.org.apache.hadoop.fs
        self._conf = spark._jsc.hadoopConfiguration()

    def _at(self, uri: str) -> tuple[Any, Any]:
        path = self._hadoop.Path(uri)
        return path.getFileSystem(self._conf), path

    def find(self, uri: str, *, recursive: bool) -> list[Stored]:
        """Return the files that an address means: a file, the tables in a folder, those that fit a pattern.

        Raises:
            UserError: `no_files_match`, `no_tables_in_folder`; `spark_storage` when the place can't be asked.
        """
        try:
            system, path = self._at(uri)
            found = list(system.globStatus(path) or []) if _MAGIC.search(uri) else [system.getFileStatus(path)]
            if not found:
                raise UserError("no_files_match", pattern=uri)
            files: list[Stored] = []
            for status in found:
                inside = self._inside(system, status, recursive=recursive) if status.isDirectory() else [status]
                if not inside and len(found) == 1:
                    raise UserError("no_tables_in_folder", folder=uri)
                stored = [_stored(each) for each in inside]
                files += sorted(stored, key=lambda each: natural_key(each.uri))
            return files
        except UserError:
            raise
        except Exception as error:  # Java's own errors come as several kinds
            raise UserError("spark_storage", file=uri, reason=_reason(error)) from error

    def _inside(self, system: Any, status: Any, *, recursive: bool) -> list[Any]:
        found = []
        for each in system.listStatus(status.getPath()):
            name = str(each.getPath().getName())
            # What Spark itself leaves beside its files begins like this.
            if name.startswith((".", "_", "~$")):
                continue
            if each.isDirectory():
                found += self._inside(system, each, recursive=True) if recursive else []
            elif "." in name and f".{name.rsplit('.', 1)[1].lower()}" in TABLE_SUFFIXES:
                found.append(each)
        return found

    def exists(self, uri: str) -> bool:
        """Return whether there is something at an address."""
        system, path = self._at(uri)
        return bool(system.exists(path))

    def make_private(self, uri: str) -> None:
        """Make a folder that only this user can read."""
        system, path = self._at(uri)
        if not system.exists(path):
            system.mkdirs(path, self._hadoop.permission.FsPermission("700"))
            # The process's own mask may have taken bits away; none is added.
            system.setPermission(path, self._hadoop.permission.FsPermission("700"))

    def delete(self, uri: str) -> None:
        """Delete a folder with all in it, if it is there."""
        system, path = self._at(uri)
        system.delete(path, True)

    def read(self, uri: str) -> str | None:
        """Return a small file's text; None when it is not there."""
        system, path = self._at(uri)
        if not system.exists(path):
            return None
        stream = system.open(path)
        try:
            return bytes(stream.readAllBytes()).decode("utf-8")
        finally:
            stream.close()

    def write(self, uri: str, text: str) -> None:
        """Write a small file, whole or not at all."""
        system, path = self._at(uri)
        unfinished = self._hadoop.Path(f"{uri}.unfinished")
        stream = system.create(unfinished, True)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        finally:
            stream.close()
        system.delete(path, False)
        system.rename(unfinished, path)


def _stored(status: Any) -> Stored:
    return Stored(str(status.getPath().toString()), int(status.getLen()), int(status.getModificationTime()))


def _reason(error: Exception) -> str:
    """Return the kind of what went wrong in Java: its message may quote anything."""
    java = getattr(error, "java_exception", None)
    return str(java.getClass().getSimpleName()) if java is not None else type(error).__name__

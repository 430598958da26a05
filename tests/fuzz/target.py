"""One process of the campaign: bytes in, and nothing may come of them but a result or an error of the user's; started by `run`.

Usage: `python tests/fuzz/target.py readers|check|written FOLDER [libFuzzer's options] CORPUS`
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ["XUEJI_LANG"] = "zh"

import atheris

# What is imported in here is instrumented, and what those modules import when they are first used is not: so all that reads is here.
with atheris.instrument_imports(include=["xueji_cli", "xlrd"]):
    import xlrd  # noqa: F401

    import xueji_cli.checks.engine
    import xueji_cli.commands.decisions
    import xueji_cli.commands.inputs
    import xueji_cli.tables.oldbook
    import xueji_cli.tables.workbook  # noqa: F401
    from xueji_cli import cli, settings
    from xueji_cli.checks.activation import known_parameters
    from xueji_cli.errors import InputError, UserError
    from xueji_cli.reconciling.scoresheet import load_scoresheet
    from xueji_cli.schema.codetables import read_code_table
    from xueji_cli.schema.loading import load_schema, schema_names
    from xueji_cli.schema.rulepack import load_rulepack
    from xueji_cli.schema.vocabulary import Vocabulary
    from xueji_cli.tables import blob
    from xueji_cli.tables.options import ReadOptions
    from xueji_cli.tables.reader import read_blob
    from xueji_cli.tables.streaming import Unstreamable, open_stream

import mutating
import seeds
from cli_rosters import children, write_roster

#: An input may unpack to so much here, that the campaign's bounds on memory mean something.
MOST = 64 * 1024**2
#: Longer than this is written down, beside what libFuzzer stops at.
SLOW = 8.0
OPTIONS = (
    ReadOptions(max_bytes=MOST),
    ReadOptions(max_bytes=MOST),
    ReadOptions(max_bytes=MOST),
    ReadOptions(max_bytes=MOST, header_row=1),
    ReadOptions(max_bytes=MOST, header_row=1_000_000),
    ReadOptions(max_bytes=MOST, encoding="gb18030"),
    ReadOptions(max_bytes=MOST, encoding="utf-16"),
    ReadOptions(max_bytes=MOST, sheet="1"),
)


class Campaign:
    """Where inputs are put down, and what is found."""

    def __init__(self, folder: Path) -> None:
        self.found = folder / "found"
        self.found.mkdir(parents=True, exist_ok=True)
        self.place = Path("/dev/shm" if Path("/dev/shm").is_dir() else folder) / f"xueji-fuzz-{os.getpid()}"
        self.place.mkdir(exist_ok=True)
        os.chdir(self.place)
        write_roster(self.place / "roster.csv", children(3))
        write_roster(self.place / "other.csv", children(4))
        self.vocabulary = Vocabulary([load_schema(name) for name in schema_names()])
        self.parameters = known_parameters()

    def keep(self, data: bytes, error: BaseException | None, what: str) -> None:
        """Write down an input, once for each place in our code that it fails at."""
        frames = traceback.extract_tb(error.__traceback__) if error else []
        own = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "xueji_cli" in f.filename][-3:]
        name = hashlib.sha256(f"{what} {type(error).__name__} {own}".encode()).hexdigest()[:10]
        path = self.found / f"{name}.txt"
        if not path.exists():
            path.write_text(f"{what}\n{''.join(traceback.format_exception(error)) if error else ''}", encoding="utf-8")
            (self.found / f"{name}.bin").write_bytes(data)

    def readers(self, data: bytes) -> None:
        """Read it as a table, and in pieces if it can be."""
        options = OPTIONS[zlib.crc32(data) % len(OPTIONS)]
        given = blob.Blob("a.xlsx", data, blob._beside(lambda: ""))
        with contextlib.suppress(InputError):
            for table in read_blob(given, options, self.vocabulary):
                assert table.frame.height == 0 or table.frame["row"].is_sorted()
        if not data.startswith((b"PK", b"\xd0\xcf", b"<")) and zlib.crc32(data) % 3 == 0:
            path = self.place / "piece.dat"
            path.write_bytes(data)
            stream = open_stream(str(path), options, self.vocabulary, 2)
            if stream is not None:
                with contextlib.suppress(InputError, Unstreamable):
                    for _ in stream.pieces():
                        pass
                    stream.finished()

    def check(self, data: bytes) -> None:
        """Check it, as the command does."""
        path = self.place / "table.dat"
        path.write_bytes(data)
        self.command("check", "table.dat", "--as-of", "2025-10-15", "--format", "json")

    def command(self, *arguments: str) -> None:
        """Run a command; an error of the program's own is raised."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.main(list(arguments))
        assert status in (0, 1, 2), status

    def written(self, data: bytes) -> None:
        """Read it as a file that users write."""
        if not data:
            return
        kind = seeds.WRITTEN[data[0] % len(seeds.WRITTEN)]
        suffix = {"settings": "toml", "schema": "yaml", "rulepack": "yaml", "scoresheet": "yaml", "state": "json"}.get(
            kind, "csv"
        )
        path = self.place / f"{kind}.{suffix}"
        path.write_bytes(data[1:])
        name = path.name
        day = ("--as-of", "2025-10-15")
        match kind:
            case "schema":
                self.loaded(lambda: load_schema(name))
            case "rulepack":
                self.loaded(lambda: load_rulepack(name, (), self.parameters))
            case "scoresheet":
                self.loaded(lambda: load_scoresheet(name))
            case "settings":
                self.loaded(lambda: settings.load({}, environment={}, folder=self.place, config=name))
            case "codes":
                self.loaded(lambda: read_code_table(path))
            case "decisions":
                self.command("dedupe", "roster.csv", "--decisions", name, *day)
            case "entries":
                self.command("reconcile", "roster.csv", "--actual", "other.csv", "--entries", name, *day)
            case "log":
                self.command(
                    "changes",
                    "roster.csv",
                    "other.csv",
                    "--old-date",
                    "2025-03-10",
                    "--new-date",
                    "2025-10-31",
                    "--log",
                    name,
                )
            case "names":
                self.command("clean", "roster.csv", "--school-names", name, "--diff", *day)
            case "state":
                self.command("clean", "roster.csv", "-o", "cleaned/", "--since-state", name, *day)
            case "undo":
                self.command("clean", "roster.csv", "--undo", name, "-o", "back.csv", *day)
            case "ledger":
                self.command("retention", "--roll", "roster.csv", "--present", "other.csv", "--previous", name, *day)

    @staticmethod
    def loaded(load: Callable[[], object]) -> None:
        """Load a definition; its error must be one that can be said."""
        from xueji_cli.console import error_text

        try:
            load()
        except UserError as error:
            assert error_text(error, "zh")
            assert error_text(error, "en")


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    arguments = [sys.argv[0], *(str(Path(a).resolve()) if not a.startswith("-") else a for a in sys.argv[3:])]
    campaign = Campaign(folder)
    body: Callable[[bytes], None] = getattr(campaign, what)

    def internal(error: BaseException, console: object, *, debug: bool) -> int:
        raise error

    cli._internal = internal  # type: ignore[assignment]

    def one(data: bytes) -> None:
        begun = time.process_time()
        try:
            body(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            campaign.keep(data, error, what)
        if time.process_time() - begun > SLOW:
            campaign.keep(data, None, f"slow {data[:4].hex()}")

    def change(data: bytes, size: int, seed: int) -> bytes:
        if what == "written" and data:
            first = data[:1] if seed % 50 else bytes([seed % len(seeds.WRITTEN)])
            return first + mutating.mutate(data[1:], size - 1, seed, atheris.Mutate)
        return mutating.mutate(data, size, seed, atheris.Mutate)

    atheris.Setup(arguments, one, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

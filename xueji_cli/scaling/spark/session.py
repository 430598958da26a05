"""The Spark session of a run: one that is there already (a notebook, `spark-submit`), or one of our own."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xueji_cli.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: The setting that has Spark say what it does, on stderr.
_LEVEL = "spark.log.level"
#: What py4j says when Java ends in the middle of an answer.
_NO_ANSWER = "Py4JNetworkError"
#: Without `--master`: all processors of this machine.
LOCAL = "local[*]"
#: What a session of ours has unless `--conf` says otherwise. Findings and few pairs come to the driver: their size is bounded by what
#: is found. Polars is to leave the other processors to the other tasks.
_CONF = {
    "spark.app.name": "xueji",
    "spark.driver.maxResultSize": "0",
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
    "spark.ui.showConsoleProgress": "false",
}
#: On this machine alone nobody else is to look on or to connect.
_CONF_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def parse_conf(given: Sequence[str]) -> dict[str, str]:
    """Return the settings that `--conf k=v` names.

    Raises:
        UserError: `spark_conf` for one that is not of that form.
    """
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name.strip():
            raise UserError("spark_conf", given=each)
        found[name.strip()] = value.strip()
    return found


@contextmanager
def session(master: str | None, conf: Mapping[str, str]) -> Iterator[Any]:
    """Give a Spark session, and stop it at the end if it was made here.

    Args:
        master: `--master`; None for the one that is there, or that `spark-submit` names, or all processors of this machine.
        conf: `--conf`.

    Raises:
        UserError: `spark_missing`, `spark_java`, `spark_start`, `spark_connect`, `spark_session_there`; `spark_gone` when Java ended.
    """
    if find_spec("pyspark") is None or find_spec("pandas") is None:
        raise UserError("spark_missing")
    there = _active()
    if there is not None:
        if master or conf:
            raise UserError("spark_session_there")
        yield there
        return
    # `spark-submit` has started Java for us.
    if "PYSPARK_GATEWAY_PORT" not in os.environ and not _java():
        raise UserError("spark_java")
    made = _made(master, conf)
    try:
        yield made
    except Exception as error:
        if not _gone(error):
            raise
        raise UserError("spark_gone") from None
    finally:
        # One that is gone can't be stopped.
        with suppress(ConnectionError):
            made.stop()


def _gone(error: Exception) -> bool:
    """Return whether Java has ended, or has no memory for what it was asked: that is said in several ways."""
    return isinstance(error, ConnectionError) or "OutOfMemoryError" in str(error) or type(error).__name__ == _NO_ANSWER


def is_local(spark: Any) -> bool:
    """Return whether all work of a session is done on this machine."""
    return bool(str(spark.sparkContext.master).startswith("local"))


def _active() -> Any:
    """Return the session of this process.

    Raises:
        UserError: `spark_connect` for one that is only a line to a server: its files can't be reached.
    """
    from pyspark.sql import SparkSession

    found = SparkSession.getActiveSession()
    if found is not None and not hasattr(found, "_jsc"):
        raise UserError("spark_connect")
    return found


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    names = ("java", "java.exe")
    return any((Path(home) / "bin" / name).is_file() for name in names) if home else shutil.which("java") is not None


def _made(master: str | None, given: Mapping[str, str]) -> Any:
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    # What spark-submit and SPARK_HOME's own files say.
    conf = SparkConf()
    master = master or conf.get("spark.master") or LOCAL
    quiet = Path(__file__).with_name("log4j2.properties").as_uri()
    wanted = {**_CONF, "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={quiet}", "spark.master": master}
    if master.startswith("local"):
        wanted |= _CONF_LOCAL
    for name, value in wanted.items():
        if name == "spark.master" or not conf.contains(name):
            conf.set(name, value)
    for name, value in given.items():
        conf.set(name, value)
    # On this machine the workers are to find the same libraries.
    if not conf.contains("spark.pyspark.python"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    try:
        with nullcontext() if conf.contains(_LEVEL) else _hushed():
            return SparkSession.builder.config(conf=conf).getOrCreate()
    except Exception as error:  # Java's own errors come as several kinds
        raise UserError("spark_start", master=master, reason=type(error).__name__) from error


@contextmanager
def _hushed() -> Iterator[None]:
    """Start what inherits our stderr without it: Java greets at length there, and what workers say in a panic may quote a cell."""
    sys.stderr.flush()
    ours, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)
        os.close(nowhere)

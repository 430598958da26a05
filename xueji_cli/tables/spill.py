"""A private folder for what does not fit in memory."""

from __future__ import annotations

import secrets
import shutil
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Spill:
    """A folder for what does not fit in memory, there only while it is needed.

    It holds personal data: nobody else can read it, and it goes whatever ends the run, a signal to stop included. (A machine that
    is switched off leaves it in the system's folder for temporary files.)
    """

    def __init__(self, parent: str | None = None) -> None:
        """Begin without a folder.

        Args:
            parent: Where it is to be made; None for the system's folder for temporary files.
        """
        self._parent = parent
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._before: dict[int, object] = {}

    @property
    def folder(self) -> Path:
        """The folder; made when it is first asked for, for this user alone."""
        with self._lock:
            if self._folder is None:
                # Known before it is made, so that whatever interrupts finds it.
                self._folder = Path(self._parent or tempfile.gettempdir()) / f"xueji-{secrets.token_hex(8)}"
                self._folder.mkdir(0o700)
            return self._folder

    def __enter__(self) -> Spill:
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C is an exception already; these would end the process on the spot, and the folder would stay.
            for name in ("SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                # Who starts a run with `nohup` wants it to go on.
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, _stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)

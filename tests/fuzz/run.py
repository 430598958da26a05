"""A coverage-guided campaign against every reader and every file that users write. Not a part of the tests: it takes as long as it is given.

    .venv/bin/pip install atheris
    .venv/bin/python tests/fuzz/run.py readers --minutes 20
    .venv/bin/python tests/fuzz/run.py check --minutes 5
    .venv/bin/python tests/fuzz/run.py written --minutes 10

Minutes are minutes of a processor. What is found lies in the work folder's `found/`, one input for each place that fails, with its
trace; crashes of libraries, and what took for ever or more than 2 GB, lie in `stopped/`. The corpus is kept, and the
next campaign goes on from it. An input that was found and mended goes into `tests/corpus/`, small, where `test_corpus` reads it.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: The clock of the wall runs on while others have the processors; `target` counts what an input takes of one.
SECONDS, MEGABYTES, LENGTH = 180, 2048, 65_536


def spent() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("readers", "check", "written"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--work", type=Path, default=Path("/tmp/xueji-fuzz"))
    parser.add_argument(
        "--slice", type=float, default=120, help="seconds of a process; a fresh one begins with less memory"
    )
    given = parser.parse_args()
    sys.path.insert(0, str(HERE))
    import seeds

    folder = given.work.resolve() / given.what
    corpus, stopped, found = (folder / name for name in ("corpus", "stopped", "found"))
    for each in (corpus, stopped, found):
        each.mkdir(parents=True, exist_ok=True)
    for name, data in (seeds.written() if given.what == "written" else seeds.tables()).items():
        (corpus / re.sub(r"[^\w.-]", "_", name)).write_bytes(data)
    begun, total, last = spent(), 0, 0.0
    known = {path.name for path in (*found.iterdir(), *stopped.iterdir())}
    cover = 0
    while (done := spent() - begun) < given.minutes * 60:
        left = max(10, min(given.slice, given.minutes * 60 - done))
        call = [
            *(sys.executable, str(HERE / "target.py"), given.what, str(folder)),
            *(f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}", f"-max_len={LENGTH}", f"-max_total_time={left:.0f}"),
            *(f"-artifact_prefix={stopped}/", "-print_final_stats=1", "-reload=0", f"-seed={int(time.time())}", str(corpus)),
        ]  # fmt: skip
        run = subprocess.run(call, capture_output=True, text=True, errors="replace", check=False)
        executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", run.stderr)
        shown = re.findall(r"#(\d+)\s.*?cov: (\d+)", run.stderr)
        total += int(executed[1]) if executed else int(shown[-1][0]) if shown else 0
        cover = max(cover, int(shown[-1][1]) if shown else 0)
        now = {path.name for path in (*found.iterdir(), *stopped.iterdir())}
        fresh = sorted(name for name in now - known if not name.endswith(".txt"))
        known = now
        at = (spent() - begun) / 60
        last = at if fresh else last
        panics = len(re.findall("panicked at", run.stderr))
        print(f"{at:6.1f} min  {total:9,} runs  cover {cover}  corpus {len(list(corpus.iterdir()))}  new: {', '.join(fresh) or '-'}"
              f"{f'  panics survived: {panics}' if panics else ''}{'' if run.returncode == 0 else f'  ended with {run.returncode}'}", flush=True)  # fmt: skip
        if run.returncode and not executed and not shown:
            print(run.stderr[-3000:], flush=True)
            break
    print(f"{given.what}: {total:,} inputs in {(spent() - begun) / 60:.1f} minutes of a processor, {cover} edges covered; "
          f"{len(list(found.glob('*.bin')))} places found, {len(list(stopped.iterdir()))} processes stopped; "
          f"the last new one after {last:.1f} minutes", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()

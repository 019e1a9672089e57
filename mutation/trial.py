"""One fault in a copy of the tree, and whether the tests find it."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mutation.change import Change

ROOMS = ("sw", "hw", "formal", "boards", "sim", "tests", "docs", "examples", "results")
FILES = ("pyproject.toml", "README.md", "Makefile", "conftest.py")
PYTEST = (
    "-m",
    "pytest",
    "-q",
    "-x",
    "-m",
    "not check",  # what plants faults of its own fails where their lines have changed
    "--tb=line",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--hypothesis-seed=0",
    "-o",
    "timeout=0",
)
IDLE = 30  # times its limit of processor time that a test may last: it may share the processor, or wait for ever
FOUND = re.compile(r"^(?:FAILED|ERROR) ((?:tests|sim)/.*)$", re.MULTILINE)
LONGEST_ANSWER = 160


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`killed`: a test failed or took too long; `by`: what the first one said, or ""; `seconds` of processor time."""

    killed: bool
    by: str
    seconds: float


class Tree:
    """A copy of the project in which one fault after another is planted.

    Parameters: `root` of the project, `folder` for the copy, which must not exist.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name in filter(lambda name: (root / name).exists(), ROOMS):
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in filter(lambda name: (root / name).exists(), FILES):
            shutil.copy2(root / name, folder / name)

    def verdict(self, file: str, change: Change, tests: Iterable[str], limit: int) -> Verdict:
        """Plant `change` in `file`, run the `tests`, each process for at most `limit` seconds, take it out again."""
        path = self.folder / file
        right = path.read_text(encoding="utf-8")
        path.write_text(change.applied(right), encoding="utf-8")
        try:
            return self.run(tests, limit)
        finally:
            path.write_text(right, encoding="utf-8")

    def run(self, tests: Iterable[str], limit: int) -> Verdict:
        """Run tests until one fails. `limit` is processor time: how many share the processor decides nothing."""
        environment = os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        before = _used()
        process = subprocess.Popen(
            [sys.executable, "-P", *PYTEST, *tests],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # a simulator that hangs ends with its test
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
        )
        try:
            said, _ = process.communicate(timeout=IDLE * limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
        seconds = _used() - before
        if process.returncode < 0:
            return Verdict(killed=True, by=f"no end within {limit} s", seconds=seconds)
        found = FOUND.search(said)
        by = found[1] if found else (said.strip().splitlines() or [""])[-1]
        killed = process.returncode != 0
        return Verdict(killed=killed, by=by[:LONGEST_ANSWER] if killed else "", seconds=seconds)


def _used() -> float:
    """Seconds of processor time of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

"""Runs every test and bench there is, those that take minutes too, and writes what came of it.

    python -m tests.check [--jobs 2]

The result lies in `results/check.json`: how many tests, the time, which tests took longest, the versions of the packages, and a
hash of all sources. It is written only if nothing failed. Exit status 1: a test failed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Any
from xml.etree import ElementTree

from sw.files.error import FileError
from sw.files.output import write_json
from sw.files.streams import take_every_word
from sw.tree.sources import ROOT, digest, sources

RESULT = ROOT / "results" / "check.json"
ROOMS = ("sim", "tests")
SOURCES = tuple(f"{room}/**/*{end}" for room in ("boards", "formal", "hw", "mutation", "sim", "sw", "tests")
                for end in (".py", ".cpp", ".h", ".v", ".toml"))  # fmt: skip
LONGEST = 20  # tests that are named with their time


def summary(report: ElementTree.Element) -> dict[str, Any]:
    """What the file says of the tests, from pytest's report in JUnit's form: `tests`, `failed`, `skipped`, `longest`."""
    cases = list(report.iter("testcase"))
    by_name = {f"{case.get('classname')}.{case.get('name')}": float(case.get("time", 0)) for case in cases}
    longest = sorted(by_name, key=lambda name: -by_name[name])[:LONGEST]
    return {
        "tests": len(cases),
        "failed": sum(case.find("failure") is not None or case.find("error") is not None for case in cases),
        "skipped": sum(case.find("skipped") is not None for case in cases),
        "longest": {name: round(by_name[name], 1) for name in longest},
    }


def versions() -> dict[str, str]:
    """Of Python and of every package that the project names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {line.partition("==")[0].partition("[")[0] for lines in named for line in lines} - {"metaplast"}
    return {"python": python_version()} | {name: version(name) for name in sorted(names)}


def check(words: list[str], result: Path) -> int:
    """Run pytest with `words`; the exit status."""
    begun, hashed = time.monotonic(), digest(sources(*SOURCES)).hex()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-P", "-m", "pytest", f"--junitxml={report}", *words]
        status = subprocess.run(command, cwd=ROOT).returncode
        if status:
            print(f"error: {result} stays as it was, for pytest ended with status {status}", file=sys.stderr)
            return 1
        told = summary(ElementTree.parse(report).getroot())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told |= {
        "seconds": round(time.monotonic() - begun),
        "processor_seconds": round(used.ru_utime + used.ru_stime),
        "cores": len(os.sched_getaffinity(0)),
        "versions": versions(),
        "sources": hashed,
    }
    write_json(result, told)
    print(f"{told['tests']} tests in {told['seconds']} s, none failed; {result}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="python -m tests.check", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2, help="tests that run side by side")
    given = parser.parse_args(arguments)
    try:
        return check(["-n", str(given.jobs), "--dist", "worksteal", *ROOMS], RESULT)
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

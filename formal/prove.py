"""One run of SymbiYosys, in a folder of its own, with the tools of the virtual environment."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil

from formal.claim import Claim
from formal.source import Bug

TIME_LIMIT = 1800  # seconds, of a machine that others use as well

SCRIPT = """\
[options]
mode {mode}
depth {depth}
timeout {timeout}

[engines]
smtbmc z3

[script]
read_rtlil harness.il
prep -top harness

[files]
{source}
"""


@dataclass(frozen=True)
class Answer:
    """`verdict` : PASS, FAIL, UNKNOWN (the induction does not close), TIMEOUT or ERROR; `log` : what SymbiYosys said."""

    verdict: str
    seconds: float
    log: str


def tools(folder: Path) -> Path:
    """A folder in which the names that SymbiYosys calls lead to YoWASP's programs. Raises FileNotFoundError without z3."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(sys.executable).parent
    for name in ("yosys", "yosys-smtbmc", "yosys-witness"):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(beside / f"yowasp-{name}")
    if not (beside / "z3").exists() and shutil.which("z3") is None:
        raise FileNotFoundError("z3 is not installed: make setup installs the package z3-solver")
    return folder


def prove(claim: Claim, bug: Bug | None, folder: Path) -> Answer:
    """Ask for a proof of `claim`, or with `bug` for a way from the reset that breaks it; leaves log and trace in `folder`."""
    folder = folder.absolute()
    beside = Path(sys.executable).parent
    environment = os.environ | {"PATH": os.pathsep.join([str(tools(folder.parent / "tools")), str(beside), os.environ["PATH"]])}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "harness.il").write_text(rtlil.convert(claim.harness(bug), name="harness", ports=[]), encoding="utf-8")
    mode, depth = ("bmc", max(claim.depth, claim.bug_depth)) if bug else ("prove", claim.depth)
    script = SCRIPT.format(mode=mode, depth=depth, timeout=TIME_LIMIT, source="harness.il")  # its words end at spaces
    (folder / "harness.sby").write_text(script, encoding="utf-8")
    command = [str(beside / "yowasp-sby"), "-f", "-j", "1", "-d", "run", "harness.sby"]
    begin = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    status = folder / "run" / "status"
    verdict = status.read_text(encoding="utf-8").split()[0] if status.exists() else "ERROR"
    return Answer(verdict, time.monotonic() - begin, done.stdout + done.stderr)

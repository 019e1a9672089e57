"""Finding and running the tools: each step's output goes to a log of its own, and a failure shows the end of it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from boards.error import BuildError, RequestError
from boards.target import Step
from sw.tree import built

LAST_LINES = 8
# YoWASP announces on its first run that it compiles itself.
CHATTER = "Preparing to run"


def variable(tool: str) -> str:
    """The environment variable that names another program for a tool: nextpnr-ecp5 has NEXTPNR_ECP5."""
    return tool.upper().replace("-", "_")


def find_tool(tool: str) -> str:
    """The program of a tool: the one its variable names, else the one of the Python environment, else one on PATH.

    Raises `RequestError`, which says how to get it.
    """
    named = os.environ.get(variable(tool))
    if named:
        found = shutil.which(named)
        if found is None:
            raise RequestError(f"{variable(tool)} names {named}, which is no program: name another one or unset it")
        return found
    here = Path(sys.executable).parent
    for candidate in (str(here / f"yowasp-{tool}"), f"yowasp-{tool}", str(here / tool), tool):
        found = shutil.which(candidate)
        if found is not None:
            return found
    raise RequestError(f"{tool} is missing: make setup installs it, or name one in the variable {variable(tool)}")


def version(tool: str) -> str:
    """The line that a tool says about its version."""
    for option in ("--version", "-V"):
        answer = subprocess.run([find_tool(tool), option], capture_output=True, text=True)
        lines = [line.strip() for line in (answer.stdout + answer.stderr).splitlines() if "ersion" in line or "Yosys" in line]
        lines = [line for line in lines if CHATTER not in line]
        if lines:
            return lines[-1].strip('"')
    return "unknown"


def run_step(step: Step, folder: Path, on_line: Callable[[str], None]) -> float:
    """Run a step in `folder` and return its seconds; `on_line` gets each line of output as it comes.

    Raises `RequestError` for a missing tool and `BuildError` for one that fails, with the last lines of its log.
    """
    log = log_of(step, folder)
    begun = time.monotonic()
    command = [find_tool(step.tool), *step.arguments]
    try:
        environment = os.environ | built.for_yowasp()
    except built.NoFolderError as error:
        raise RequestError(str(error)) from error
    copy = Path(os.devnull) if step.writes_log else log
    with copy.open("w", encoding="utf-8", errors="replace", buffering=1) as written:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace",
        )  # fmt: skip
        with process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    written.write(line)
                    on_line(line.rstrip())
            except BaseException:
                process.terminate()
                raise
    if process.returncode != 0:
        raise BuildError(failure(step, log, process.returncode))
    return time.monotonic() - begun


def log_of(step: Step, folder: Path) -> Path:
    """Where a step's output goes."""
    return folder / f"{step.name.replace(' ', '-')}.log"


def failure(step: Step, log: Path, status: int) -> str:
    """The sentence about a tool that failed, and the end of its log."""
    said = [line.rstrip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    how = f"ended with status {status}" if status > 0 else f"was ended by signal {-status}"
    sentence = f"{step.name} failed: {step.tool} {how}; its log is {log}"
    return "\n    ".join([sentence + (" and ends with" if said else ""), *said[-LAST_LINES:]])

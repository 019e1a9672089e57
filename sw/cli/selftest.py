"""`metaplast selftest`: is a board sound? From the line to learning, stage by stage, without the twin."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from sw.contract.error import ContractError
from sw.contract.geometry_text import parse_geometry
from sw.host import known_boards
from sw.host.error import BoardError, HostError, InputError
from sw.host.learning_device import LearningDevice
from sw.host.selftest.known_answers import CASES, SAMPLES, Case
from sw.host.selftest.report import head
from sw.host.selftest.stages import Stage, stages
from sw.terminal.options import BoardName, GeometryText, Port
from sw.terminal.speech import say, tell

DIFFERENT = 1


def selftest(
    board: BoardName,
    port: Port = None,
    geometry: GeometryText = None,
    yes: Annotated[bool, typer.Option("--yes", help="Overwrite what the board has learned.")] = False,
) -> None:
    """Test a board by itself, from the serial line to learning; the first fault names the part. Overwrites its weights.

    What it prints is a report to be pasted into a question. A board on a port that has learned something since it was
    configured is left alone without --yes. Exit status 1 where an answer is wrong.
    """
    chosen = known_boards.find(board, port, parse_geometry(geometry) if geometry is not None else None)
    cases = fitting(chosen)
    with chosen.open(say) as device:
        if isinstance(chosen, known_boards.SerialBoard) and not yes:
            _check_nothing_learned(device)
        for line in head(chosen, device):
            tell(line)
        fault = first_fault(stages(device, chosen.geometry, cases))
        with suppress(HostError):  # of a broken board the fault is told, not this
            device.configure(next(iter(cases.values())).network)  # the count of samples is 0 again
    if fault is not None:
        stage, words = fault
        tell(f"different: {stage.name}: {words}")
        tell(f"look at {stage.look_at} (docs/first-light.md)")
        raise typer.Exit(DIFFERENT)
    tell(f"sound: {len(cases) * SAMPLES} known samples in {len(cases)} networks; its weights were overwritten")


def fitting(board: known_boards.Board) -> dict[str, Case]:
    """The cases that fit a board. Raises `BoardError` where none does."""
    cases = {}
    for name, case in CASES.items():
        try:
            board.check_fits(case.network)
        except ContractError:
            continue
        cases[name] = case
    if not cases:
        smallest = "-".join(map(str, CASES["small"].network.layers))
        raise BoardError(f"no known answers are for a board as small as {board.name}: it has no room for {smallest}")
    return cases


def first_fault(asked: list[Stage]) -> tuple[Stage, str] | None:
    """The first stage that finds a fault, and the fault. Every stage is told as it begins, and printed when it is sound."""
    for stage in asked:
        say(f"{stage.name}: {stage.covers}")
        begun = time.monotonic()
        fault = stage.run()
        if fault is not None:
            return stage, fault
        tell(f"ok  {stage.name}: {stage.covers} ({time.monotonic() - begun:.1f} s)")
    return None


def _check_nothing_learned(device: LearningDevice) -> None:
    samples = device.read_state().samples
    if samples:
        raise InputError(
            f"the board has learned {samples} samples and the test overwrites its weights: "
            "give --yes if a checkpoint has them or nobody needs them"
        )

"""`metaplast selftest`: is a board sound? Its whole weight memory and its answers to known samples, without the twin."""

from contextlib import suppress
from typing import Annotated

import typer

from sw.contract.error import ContractError
from sw.contract.geometry_text import parse_geometry
from sw.host import boards, known_answers
from sw.host.commands.options import BoardName, GeometryText, Port
from sw.host.commands.speech import say, tell
from sw.host.error import BoardError, HostError, InputError, MiscountError
from sw.host.known_answers import CASES, SAMPLES, Case
from sw.host.learning_device import LearningDevice
from sw.host.memory_check import memory_fault

DIFFERENT = 1


def selftest(
    board: BoardName,
    port: Port = None,
    geometry: GeometryText = None,
    yes: Annotated[bool, typer.Option("--yes", help="Overwrite what the board has learned.")] = False,
) -> None:
    """Test a board by itself: its weight memory, then training with known answers. Overwrites the board's weights.

    A board on a port that has learned something since it was configured is left alone without --yes. Exit status 1 where
    an answer is wrong.
    """
    chosen = boards.find(board, port, parse_geometry(geometry) if geometry is not None else None)
    cases = fitting(chosen)
    with chosen.open(say) as device:
        if isinstance(chosen, boards.SerialBoard) and not yes:
            _check_nothing_learned(device)
        fault = first_fault(device, chosen, cases)
        with suppress(HostError):  # of a broken board the fault is told, not this
            device.configure(next(iter(cases.values())).network)  # the count of samples is 0 again
    if fault is not None:
        tell(f"different: {fault}")
        raise typer.Exit(DIFFERENT)
    typer.echo(f"sound: {len(cases) * SAMPLES} known samples in {len(cases)} networks; its weights were overwritten")


def fitting(board: boards.Board) -> dict[str, Case]:
    """The cases that fit a board. Raises `BoardError` where none does."""
    found = {}
    for name, case in CASES.items():
        try:
            board.check_fits(case.network)
        except ContractError:
            continue
        found[name] = case
    if not found:
        smallest = "-".join(map(str, CASES["small"].network.layers))
        raise BoardError(f"no known answers are for a board as small as {board.name}: it has no room for {smallest}")
    return found


def first_fault(device: LearningDevice, board: boards.Board, cases: dict[str, Case]) -> str | None:
    """What is wrong with a board first, or None. Every stage is told as it begins."""
    geometry = board.geometry
    if geometry is not None and geometry.rows > 1:
        say(f"weight memory: {geometry.rows} rows of {geometry.columns} columns, two patterns")
        fault = memory_fault(device, geometry)
        if fault is not None:
            return fault
    expected = known_answers.known()
    for name, case in cases.items():
        say(f"known answers of {name}, {'-'.join(map(str, case.network.layers))}: {SAMPLES} training samples")
        try:
            fault = known_answers.first_difference(known_answers.answers(device, case), expected[name])
        except MiscountError as error:
            fault = str(error)
        if fault is not None:
            return f"known answers of {name}: {fault}"
    return None


def _check_nothing_learned(device: LearningDevice) -> None:
    samples = device.read_state().samples
    if samples:
        raise InputError(
            f"the board has learned {samples} samples and the test overwrites its weights: "
            "give --yes if a checkpoint has them or nobody needs them"
        )

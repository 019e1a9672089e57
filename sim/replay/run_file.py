"""The file of a recorded run (`docs/replay.md`): requests in order, each with the reply that it must get.

Text, one line each: `metaplast replay 1`; what the run is about as JSON; then the requests, `TRAIN <payload> <reply>`, both
in hexadecimal, `-` where there is nothing, and with `*` at the end of a reply of which only the beginning is told; at last
`sha256 <digest>` of everything before it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sw.contract.commands import Command
from sw.contract.error import MetaplastError, require
from sw.contract.geometry import Geometry
from sw.contract.geometry_text import geometry_text, parse_geometry
from sw.contract.network import Network
from sw.contract.parsing import parse_json
from sw.contract.requests import Request
from sw.files.error import FileError
from sw.files.input import read_text
from sw.files.output import write_text

MAGIC = "metaplast replay 1"


class RunFileError(MetaplastError):
    """A file is no recorded run; the message is one sentence."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A request and its reply. `whole`: the reply is all of it, else its beginning."""

    command: Command
    payload: bytes = b""
    reply: bytes = b""
    whole: bool = True

    def difference(self, reply: bytes) -> str | None:
        """What is wrong with a reply, or None."""
        told = reply if self.whole else reply[: len(self.reply)]
        if told == self.reply:
            return None
        if len(told) != len(self.reply):
            return f"the reply has {len(reply)} bytes, expected {len(self.reply)}"
        place = next(i for i, (ours, right) in enumerate(zip(told, self.reply, strict=True)) if ours != right)
        return f"byte {place} of the reply is {told[place]}, expected {self.reply[place]}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recorded run.

    geometry : the shape of the machine that it is for; the registers of CONFIGURE depend on it
    network : what CONFIGURE and TABLE say in bytes
    seed : of weights, samples and the cut into requests
    samples : training samples
    steps : the requests after HELLO
    """

    geometry: Geometry
    network: Network
    seed: int
    samples: int
    steps: tuple[Step, ...]

    @property
    def requests(self) -> list[Request]:
        """What a host sends."""
        return [(step.command, step.payload) for step in self.steps]

    @property
    def wrapping_sequence(self) -> int:
        """A number for HELLO with which those of the requests wrap in the middle."""
        return 2**16 - len(self.steps) // 2


def first_difference(run: Run, replies: Iterable[bytes]) -> str | None:
    """The first reply of an engine that is not the recorded one, or None."""
    answered = iter(replies)
    for number, step in enumerate(run.steps):
        where = f"request {number}, {step.command.name}"
        reply = next(answered, None)
        if reply is None:
            return f"{where}: there is no reply"
        wrong = step.difference(reply)
        if wrong:
            return f"{where}: {wrong}"
    return None


def write(run: Run, path: Path) -> None:
    """Write a run to a file. Raises `FileError`."""
    text = "".join(f"{line}\n" for line in _lines(run))
    write_text(path, f"{text}{_digest(text)}\n")


def read(path: Path) -> Run:
    """The run of a file. Raises `RunFileError`."""
    try:
        text = read_text(path)
    except FileError as error:
        raise RunFileError(f"{path} is no recorded run: {error}") from error
    body, _, last = text.rstrip("\n").rpartition("\n")
    if not body.startswith(f"{MAGIC}\n"):
        raise RunFileError(f"{path} is no recorded run: it does not begin with {MAGIC!r}")
    if last != _digest(f"{body}\n"):
        raise RunFileError(f"{path} is damaged: its last line is not the sha256 of the others")
    _, about, *steps = body.split("\n")
    try:
        told = parse_json(about, "its second line")
        return Run(
            geometry=parse_geometry(told["geometry"]),
            network=Network.of(**told["network"]),
            seed=told["seed"],
            samples=told["samples"],
            steps=tuple(_step(line) for line in steps),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunFileError(f"{path} is no recorded run: {error}") from error


def _digest(text: str) -> str:
    return f"sha256 {hashlib.sha256(text.encode()).hexdigest()}"


def _lines(run: Run) -> Iterator[str]:
    yield MAGIC
    about = {"geometry": geometry_text(run.geometry), "network": vars(run.network), "seed": run.seed, "samples": run.samples}
    yield json.dumps(about)
    for step in run.steps:
        yield f"{step.command.name} {_hex(step.payload)} {_hex(step.reply)}{'' if step.whole else '*'}"


def _step(line: str) -> Step:
    name, payload, reply = line.split(" ")
    require(name in Command.__members__, f"there is no command {name}")
    whole = not reply.endswith("*")
    return Step(command=Command[name], payload=_bytes(payload), reply=_bytes(reply.rstrip("*")), whole=whole)


def _hex(data: bytes) -> str:
    return data.hex() or "-"


def _bytes(text: str) -> bytes:
    return bytes.fromhex("" if text == "-" else text)

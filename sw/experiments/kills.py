"""A host that dies: killed (SIGKILL) at random moments of a pass and resumed, it has to end with the bits of a whole pass.

    python -m sw.experiments.kills --kills 400 --seed 1 --board sim

Every trial trains with periodic checkpoints, is killed at a moment that is drawn (a number of checkpoints, and a time
after the last of them, so that it falls into the pass on a busy machine too), goes on from the last checkpoint (or from
the beginning, where there is none yet) with --skip, and compares the file that it ends with, byte for byte, with the one
of a pass on the twin.
"""

import shlex
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from sw.experiments.program import main
from sw.files.output import check_outputs, write_json
from sw.files.place import place_of
from sw.host import checkpoint
from sw.host.error import HostError, InputError
from sw.terminal.options import GeometryText
from sw.terminal.speech import say, tell

METAPLAST = (sys.executable, "-P", "-c", "from sw.cli.command_line import main; main()")
POLL = 0.001
DIFFERENT = 1


@dataclass(frozen=True)
class Trial:
    """One kill: so many checkpoints, then so many seconds; the samples in the last one (None: no checkpoint); the end."""

    checkpoints: int
    seconds: float
    saved: int | None
    identical: bool


class Kills:
    """A pass of `samples` samples that is killed again and again.

    Parameters: `folder` to work in; `board`, words of the command that name the board; `stream`, words that name the
    samples and the start (`--config`); `samples`; `every`, samples between two checkpoints.
    """

    def __init__(self, folder: Path, board: list[str], stream: list[str], samples: int, every: int) -> None:
        self.folder, self.board, self.stream, self.samples, self.every = folder, board, stream, samples, every
        self.count = -(-samples // every)
        self.expected = self._whole(["--board", "twin"], "twin.npz")[0]
        ended, self.seconds = self._whole(board, "whole.npz")
        if ended != self.expected:
            raise HostError("a pass that is not killed differs from the twin's: metaplast verify names the difference")

    def trial(self, random: np.random.Generator) -> Trial:
        """Kill and resume once; a pass that ends before it is killed is repeated."""
        path = self.folder / "killed.npz"
        while True:
            path.unlink(missing_ok=True)
            checkpoints, seconds = int(random.integers(self.count)), random.uniform(0, self.seconds / self.count)
            if self._killed(path, checkpoints, seconds):
                break
        saved = new_samples(checkpoint.load(path)) if path.exists() else None
        start = ["--resume", str(path), "--skip", str(saved)] if saved else self.stream[:2]
        rest = self.samples - (saved or 0)
        self._finish([*start, *self.stream[2:], *self.board, "--samples", str(rest), "--save", str(path)])
        return Trial(checkpoints, seconds, saved, path.read_bytes() == self.expected)

    def _killed(self, path: Path, checkpoints: int, seconds: float) -> bool:
        """Whether a pass was killed so many seconds after its n-th checkpoint (0: after its start)."""
        words = [*self.stream, *self.board, "--samples", str(self.samples), "--save", str(path)]
        command = [*METAPLAST, "train", *words, "--checkpoint-every", str(self.every)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            seen: set[int] = set()
            while len(seen) < checkpoints and process.poll() is None:
                time.sleep(POLL)
                with suppress(FileNotFoundError):
                    seen.add(path.stat().st_mtime_ns)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait() < 0
        return False

    def _whole(self, board: list[str], name: str) -> tuple[bytes, float]:
        """The checkpoint at the end of a pass that is left alone, and how long that took."""
        began = time.monotonic()
        path = self.folder / name
        words = [*self.stream, *board, "--samples", str(self.samples), "--save", str(path)]
        self._finish([*words, "--checkpoint-every", str(self.every)])
        return path.read_bytes(), time.monotonic() - began

    def _finish(self, words: list[str]) -> None:
        ended = subprocess.run([*METAPLAST, "train", *words], capture_output=True, text=True, check=False)
        if ended.returncode:
            last = ended.stderr.strip().split("\n")[-1].removeprefix("error: ")
            raise HostError(f"{shlex.join(['metaplast', 'train', *words])} ended with status {ended.returncode}: {last}")


def new_samples(state: checkpoint.Checkpoint) -> int:
    """How many samples of a pass that began with it a checkpoint holds, those that were rehearsed not counted."""
    return state.samples if state.reservoir is None else state.reservoir.seen


def experiment(
    config: Annotated[Path, typer.Option(help="TOML file of a network.")],
    images: Annotated[Path, typer.Option(help="IDX file of images.")],
    labels: Annotated[Path, typer.Option(help="IDX file of their labels.")],
    kills: Annotated[int, typer.Option(help="How many.", min=1)] = 5,
    seed: Annotated[int, typer.Option(help="Seed of the moments.", min=0)] = 1,
    samples: Annotated[int, typer.Option(help="Training samples of a pass.", min=2)] = 2000,
    every: Annotated[int, typer.Option(help="Samples between two checkpoints.", min=1)] = 250,
    board: str = "sim",
    port: str | None = None,
    geometry: GeometryText = None,
    json: Annotated[Path | None, typer.Option(help="JSON file to write the result to.")] = None,
) -> int:
    """Kill the host at random moments, resume, compare; exit status 1 where an end is not identical."""
    check_outputs({"--json": json}, {"--config": config, "--images": images, "--labels": labels})
    for path in (config, images, labels):
        if place_of(path).takes_bytes:
            raise InputError(f"{path} is a pipe or a device, and every host that is killed reads it again: give a file")
    named = ["--board", board, *(["--port", port] if port else []), *(["--geometry", geometry] if geometry else [])]
    stream = ["--config", str(config), "--images", str(images), "--labels", str(labels)]
    random, began, trials = np.random.default_rng(seed), time.monotonic(), []
    with TemporaryDirectory() as folder:
        killed = Kills(Path(folder), named, stream, samples, every)
        for number in range(1, kills + 1):
            trials.append(killed.trial(random))
            last = trials[-1]
            when = f"{last.seconds * 1000:.0f} ms after checkpoint {last.checkpoints}, {last.saved or 0} samples saved"
            say(f"kill {number}/{kills}, {when}: {'identical' if last.identical else 'DIFFERENT'}")
    identical = sum(trial.identical for trial in trials)
    result = {"kills": kills, "identical_resumes": identical, "seed": seed, "samples": samples, "checkpoint_every": every}
    result |= {"board": board, "resumed_from": [trial.saved for trial in trials]}
    if json is not None:
        write_json(json, result | {"seconds": round(time.monotonic() - began, 3)})
    tell(f"{kills} kills, {identical} identical ends")
    return 0 if identical == kills else DIFFERENT


if __name__ == "__main__":
    main(experiment)

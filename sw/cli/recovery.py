"""The command that goes on where a training pass stopped, for whatever reason, to be copied into a shell."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sw.host.error import HostError
from sw.host.interruption import Interrupted
from sw.host.invocation import program, shell_line
from sw.host.training import Training


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """A `train` command: the checkpoint it writes, how many samples it takes after how many, its other options."""

    save: Path
    samples: int
    skip: int
    options: dict[str, Any]

    def command(self, done: int) -> str:
        """Goes on from the checkpoint, which holds the first `done` samples of the pass, as if it had never stopped."""
        given = {"--resume": self.save, "--samples": self.samples - done, "--skip": self.skip + done}
        given |= self.options | {"--save": self.save}
        words = ["train"]
        for name, value in given.items():
            if value is not None:
                words += [name, str(value)]
        return f"{program()} {shell_line(words)}"

    @contextmanager
    def told_with(self, training: Training) -> Iterator[None]:
        """Adds the command to the sentence of an error within, where `training` has saved something by then.

        A second Ctrl-C, which does not wait for the batch in flight, raises `Interrupted` with the command.
        """
        try:
            yield
        except (HostError, KeyboardInterrupt) as error:
            if training.saved is None:
                raise
            kept = f"{training.saved} of {self.samples} samples are saved in {self.save}, go on with"
            command = self.command(training.saved)
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted(f"interrupted at once; {kept}\n  {command}", signal.SIGINT) from error
            raise type(error)(f"{error}; {kept}: {command}") from error

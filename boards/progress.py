"""What a build shows while it runs: the step, its time, where it is, and about how long it will take."""

import re

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

PHASES = (
    (re.compile(r"^\d+(\.\d+)*\. Executing (\w+) pass"), r"\2"),
    (re.compile(r"^Info: (Packing \w+)"), r"\1"),
    (re.compile(r"^Info: +at iteration #(\d+)"), r"placing, iteration \1"),
    (re.compile(r"^Info: Running simulated annealing"), "refining the placement"),
    (re.compile(r"^Info: +\d+ \|.*\| +(\d+)\| +[\d.]+"), r"routing, \1 left"),
    (re.compile(r"^Info: Routing"), "routing"),
)


def phase(line: str) -> str | None:
    """Where a tool is, from a line of its output, or None for a line that doesn't tell."""
    for pattern, text in PHASES:
        match = pattern.match(line)
        if match:
            return match.expand(text)
    return None


class BuildProgress:
    """A bar for each step. `expected` gives the seconds that steps took last time, from a report; others have no end."""

    def __init__(self, console: Console, expected: dict[str, float]) -> None:
        self.console = console
        self.expected = expected
        about = TextColumn("{task.fields[about]}")
        self.progress = Progress(
            TextColumn("{task.description:<16}"), BarColumn(bar_width=24), TimeElapsedColumn(), about, console=console
        )  # fmt: skip

    def __enter__(self) -> "BuildProgress":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def begin(self, step: str) -> None:
        """A step starts."""
        self.seconds = self.expected.get(step)
        usual = f"about {self.seconds:.0f} s" if self.seconds else ""
        self.task = self.progress.add_task(step, total=self.seconds, about=usual)

    def line(self, line: str) -> None:
        """A tool said something."""
        where = phase(line)
        elapsed = self.progress.tasks[self.task].elapsed or 0
        done = {"completed": min(elapsed, 0.99 * self.seconds)} if self.seconds else {}
        usual = f"about {self.seconds:.0f} s; " if self.seconds else ""
        if where is not None:
            self.progress.update(self.task, about=usual + where, **done)
        elif done:
            self.progress.update(self.task, **done)

    def end(self, taken: float) -> None:
        """The step is done."""
        self.progress.update(self.task, total=1, completed=1, about="")
        self.progress.stop_task(self.task)

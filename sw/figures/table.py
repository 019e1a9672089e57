"""A table on a terminal, and the same as a list where the terminal is too narrow for it: what a table says is never cut."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text


def show(table: Table, console: Console | None = None) -> None:
    """Print `table`, or where its longest words do not fit, each row as its first cell with the others below it."""
    console = console or Console()
    if Measurement.get(console, console.options.update(max_width=10_000), table).minimum <= console.width:
        console.print(table)
        return
    heads = [str(column.header) for column in table.columns]
    if table.title:
        _print(console, str(table.title))
    for row in zip(*(column.cells for column in table.columns), strict=True):
        first, *others = map(str, row)
        _print(console, first)
        for head, cell in zip(heads[1:], others, strict=True):
            _print(console, f"  {head}: {cell}" if head else f"  {cell}")


def _print(console: Console, line: str) -> None:
    """Folded by the terminal, if it is longer, and by nothing else."""
    console.print(Text(line), no_wrap=True, overflow="ignore", crop=False)

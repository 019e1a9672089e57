"""Counts how often each bin was hit, writes the counts to a file, and merges files."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sim.coverage.points import BY_NAME, POINTS, Bin
from sw.files.input import read_object
from sw.files.output import make_folder, write_json

BETWEEN = " / "


class Collector:
    """Hits by the name of a point, then by bin."""

    def __init__(self) -> None:
        self.hits: dict[str, Counter[Bin]] = {point.name: Counter() for point in POINTS}

    def hit(self, name: str, *values: str, count: int = 1) -> None:
        """`count` more hits of a bin. Raises KeyError for a value that is on no axis and for an impossible bin."""
        point = BY_NAME[name]
        for value, allowed in zip(values, point.axes.values(), strict=True):
            if value not in allowed:
                raise KeyError(f"{name} has no value {value!r}")
        if values in point.impossible:
            raise KeyError(
                f"{name}: {BETWEEN.join(values)} was hit, and is said not to be possible: {point.impossible[values]}"
            )
        if count:
            self.hits[name][values] += count

    def holes(self, in_simulation: bool = True) -> list[str]:
        """The bins that are asked for and were not hit."""
        return [
            f"{point.name}: {BETWEEN.join(each)}"
            for point in POINTS
            if in_simulation or not point.in_simulation
            for each in point.bins()
            if not self.hits[point.name][each]
        ]

    def write(self, path: Path) -> None:
        """Write the hits as JSON."""
        make_folder(path.parent)
        text = {name: {BETWEEN.join(each): count for each, count in sorted(bins.items())} for name, bins in self.hits.items()}
        write_json(path, text)


def merged(paths: Iterable[Path]) -> Collector:
    """The hits of several files together."""
    total = Collector()
    for path in paths:
        for name, bins in read_object(path).items():
            for each, count in bins.items():
                total.hit(name, *each.split(BETWEEN), count=count)
    return total

"""How fast the twin trains 784-500-10: one replica, one thread, real MNIST (measured by `sw.twin.bench`)."""

from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.twin.bench import samples_per_second

SAMPLES = 20_000
REPLICAS = 16
REQUIRED = 3000.0


def twin() -> Entries:
    """twin_samples_per_second, and the same with many replicas at once."""
    measured = {
        "twin_samples_per_second": (samples_per_second(1, SAMPLES), "one replica"),
        "twin_samples_per_second_replicas": (
            samples_per_second(REPLICAS, SAMPLES // REPLICAS),
            f"{REPLICAS} replicas together",
        ),
    }
    return {
        name: Entry(
            value=round(value, 1),
            unit=f"training samples/s, {replicas} of 784-500-10",
            bound=REQUIRED,
            bound_is="at least, one replica on one core",
            command=command_of("twin"),
        )
        for name, (value, replicas) in measured.items()
    }

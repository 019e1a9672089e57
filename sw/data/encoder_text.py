"""Encoders as a command line names them: `thermometer:8`, `thermometer:4:uniform`, `thermometer:4:complement`."""

from typing import Any

from numpy.typing import NDArray

from sw.contract.error import shown
from sw.data.error import DataError
from sw.data.thermometer import STRATEGIES, ThermometerEncoder

FIRST = 1000  # samples of a stream that thresholds are learned from
FORM = "thermometer:LEVELS, with :uniform and :complement behind it if wanted"


def fit_encoder(text: str, samples: NDArray[Any]) -> ThermometerEncoder:
    """The encoder that `text` names, its thresholds learned from the first samples of a stream. Raises `DataError`."""
    kind, *words = text.split(":")
    levels = words.pop(0) if words else ""
    options = {"quantile": 0, "uniform": 0, "complement": 0}
    for word in words:
        if word not in options:
            raise DataError(f"the encoder is {shown(text)}, expected {FORM}")
        options[word] += 1
    if kind != "thermometer" or not levels.isdecimal() or max(options.values()) > 1 or options["quantile"] * options["uniform"]:
        raise DataError(f"the encoder is {shown(text)}, expected {FORM}")
    strategy = STRATEGIES[options["uniform"]]
    return ThermometerEncoder.fit(samples[:FIRST], int(levels[:9]), strategy=strategy, complement=bool(options["complement"]))

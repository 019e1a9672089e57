"""Real features as pixel bits: each feature is compared with thresholds of its own, and a bit is on above its threshold.

One threshold a feature is one-bit pixels, several are a thermometer code, which keeps how large a feature is in how many of
its bits are on. An off bit contributes nothing and learns nothing (contract, clause 3); with `complement` each bit stands
beside its opposite, so that a small value is seen as well as a large one, at twice the inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require_integer, shown
from sw.data.error import DataError

STRATEGIES = ("quantile", "uniform")
MOST_LEVELS = 255


@dataclass(frozen=True, kw_only=True, eq=False)
class ThermometerEncoder:
    """Thresholds that turn features into bits, fixed once they are made: bits of today mean the same tomorrow.

    `thresholds`: float64 of shape (features, levels), not descending along a row. `complement`: each bit's opposite too.
    `ThermometerEncoder.fit` learns thresholds from samples. Raises `DataError` for thresholds that are none.
    """

    thresholds: Any  # what becomes an array is taken, and is one from then on
    complement: bool = False

    def __post_init__(self) -> None:
        try:
            thresholds = np.array(self.thresholds, dtype=np.float64, order="C")
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(f"thresholds are {shown(self.thresholds)}, expected numbers of shape (features, levels)") from error
        if thresholds.ndim != 2 or 0 in thresholds.shape:
            raise DataError(f"thresholds have the shape {thresholds.shape}, expected (features, levels), each at least 1")
        if not np.isfinite(thresholds).all():
            raise DataError("a threshold is not a finite number: give finite ones")
        falling = np.argwhere(np.diff(thresholds, axis=1) < 0)
        if len(falling):
            raise DataError(f"the thresholds of feature {falling[0][0]} descend: give them in ascending order")
        thresholds.flags.writeable = False
        object.__setattr__(self, "thresholds", thresholds)
        object.__setattr__(self, "complement", bool(self.complement))

    @classmethod
    def fit(cls, samples: Any, levels: int = 8, *, strategy: str = "quantile", complement: bool = False) -> Self:
        """Thresholds learned from `samples`, finite numbers of shape (n, features), n >= 1.

        `levels` (1…255) thresholds a feature. `strategy`: "quantile" cuts the samples into parts of equal counts, at values of
        their own, "uniform" the range between the smallest and the largest value into parts of equal width. Of equal values
        all thresholds are equal.
        """
        levels = require_integer("levels", levels, 1, MOST_LEVELS)
        if strategy not in STRATEGIES:
            raise DataError(f"the strategy is {shown(strategy)}, expected {' or '.join(STRATEGIES)}")
        known = _numbers(samples)
        if not len(known):
            raise DataError("there is no sample to learn thresholds from: give at least one")
        parts = np.arange(1, levels + 1) / (levels + 1)
        if strategy == "quantile":
            return cls(thresholds=np.quantile(known, parts, axis=0, method="inverted_cdf").T, complement=complement)
        low, high = known.min(axis=0)[:, None], known.max(axis=0)[:, None]
        # Both ends are weighted: their difference may be larger than a float64 can hold.
        return cls(thresholds=np.maximum.accumulate(low * (1 - parts) + high * parts, axis=1), complement=complement)

    @property
    def features(self) -> int:
        """Features of a sample."""
        return self.thresholds.shape[0]

    @property
    def inputs(self) -> int:
        """Bits of a sample, n_0 of the network."""
        return int(self.thresholds.size) * (2 if self.complement else 1)

    def encode(self, samples: Any) -> NDArray[np.uint8]:
        """Bits, uint8 0 or 1 of shape (n, inputs), of `samples`, finite numbers of shape (n, features).

        The bits of a feature stand beside each other: one a threshold, 1 where the value is above it, then their opposites.
        Raises `DataError` for another count of features and for numbers that are not finite.
        """
        given = _numbers(samples)
        if given.shape[1] != self.features:
            raise DataError(f"samples have {given.shape[1]} features, the encoder was made for {self.features}")
        bits = given[:, :, None] > self.thresholds
        if self.complement:
            bits = np.concatenate([bits, ~bits], axis=2)
        return bits.reshape(len(given), self.inputs).astype(np.uint8)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThermometerEncoder):
            return NotImplemented
        return self.complement == other.complement and np.array_equal(self.thresholds, other.thresholds)

    def __hash__(self) -> int:
        return hash((self.complement, self.thresholds.shape, self.thresholds.tobytes()))


def one_bit(features: int, threshold: float | Sequence[float] = 127) -> ThermometerEncoder:
    """An encoder of one bit a feature: 1 above the threshold. Several thresholds are taken one after the other and begin anew,
    a halftone, as `sw.data.binarise` does for images."""
    features = require_integer("features", features, 1, 2**24)
    return ThermometerEncoder(thresholds=np.resize(np.atleast_1d(np.asarray(threshold, np.float64)), features)[:, None])


def _numbers(samples: Any) -> NDArray[np.float64]:
    """`samples` as finite float64 of shape (n, features). Raises `DataError`."""
    refused = "samples are not all numbers: give an array of numbers of shape (n, features)"
    try:
        with np.errstate(over="ignore"):  # of a wider type: infinite, which is refused
            if np.asarray(samples).dtype.kind in "cmM":  # complex numbers, times
                raise DataError(refused)
            given = np.asarray(samples, dtype=np.float64)
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(refused) from error
    if given.ndim != 2:
        raise DataError(f"samples have the shape {given.shape}, expected (n, features)")
    wrong = np.argwhere(~np.isfinite(given))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(f"feature {column} of sample {row} is {given[row, column]}, expected a finite number")
    return given

"""Samples at one bit a pixel in memory, for those that learn a million of them a second."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sw.contract.error import require
from sw.data.packed import packed, unpacked


@dataclass(frozen=True, kw_only=True)
class PackedBits:
    """What an array of bits, uint8 of shape (n, pixels), is in an eighth of its bytes.

    `rows`, uint8 of shape (n, ceil(pixels / 8)), as a link and a reservoir have samples: pixel i is bit i % 8 of byte i // 8.
    `order`, int64 of shape (pixels,) or None: pixel i of a sample is pixel order[i] of its row. A permutation of a whole set
    so costs nothing before its samples are used. Raises `ContractError` for what does not fit together.
    """

    rows: NDArray[np.uint8]
    pixels: int
    order: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        rows, last = self.rows, 0xFF >> -self.pixels % 8
        fits = rows.dtype == np.uint8 and rows.ndim == 2 and rows.shape[1] == -(-self.pixels // 8) > 0
        require(fits, f"rows are {rows.dtype} of shape {rows.shape}, expected uint8 (n, {-(-self.pixels // 8)})")
        require(not (rows[:, -1] & ~np.uint8(last)).any(), f"rows have bits beyond the {self.pixels} pixels, expected zeros")
        right = self.order is None or np.array_equal(np.sort(self.order), np.arange(self.pixels))
        require(right, f"the order is no permutation of 0 to {self.pixels - 1}")

    @classmethod
    def of(cls, bits: NDArray[np.uint8]) -> Self:
        """Of an array of zeros and ones of shape (n, pixels). Raises `ContractError` for others."""
        require(
            bits.ndim == 2 and bits.dtype == np.uint8,
            f"bits are {bits.dtype} of shape {bits.shape}, expected uint8 (n, pixels)",
        )
        require(bits.size == 0 or bits.max() <= 1, f"bits go up to {bits.max(initial=0)}, expected 0 and 1")
        return cls(rows=packed(bits), pixels=bits.shape[1])

    @property
    def shape(self) -> tuple[int, int]:
        """(n, pixels)."""
        return len(self.rows), self.pixels

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, chosen: Any) -> "PackedBits":
        """Some of the samples: a slice, or an array of their numbers."""
        return replace(self, rows=self.rows[chosen])

    def permuted(self, order: NDArray[np.int64]) -> "PackedBits":
        """Pixel i of a sample is what pixel order[i] was; `order` is a permutation of them."""
        return replace(self, order=order if self.order is None else self.order[order])

    def bits(self) -> NDArray[np.uint8]:
        """The array."""
        plain = unpacked(self.rows, self.pixels)
        return plain if self.order is None else plain[:, self.order]

"""The state of a network in one file (contract, clause 13): a run resumed from it is bit-identical to one that went on.

An `.npz` with `weights_1` … `weights_L` (int8, shape (n_l, n_{l-1})), 0-d `prng` (uint32), `samples` (uint64) and
`config` (the JSON text of the configuration with its defaults resolved). Nothing in it is pickled.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, LargeZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from sw.contract.configuration import network_from_json, network_to_json
from sw.contract.error import ContractError, require_integer
from sw.contract.network import Network
from sw.data.error import DataError
from sw.data.initial_weights import initial_weights
from sw.host.error import CheckpointError
from sw.host.learning_device import LearningDevice, Weights
from sw.host.output import write_whole

LONGEST_CONFIG = 16384  # characters
LONGEST_HEADER = 1024  # bytes that NumPy writes before an array's data, rounded up
MOST_DEFLATED = 1040  # bytes that one byte of a zip archive can stand for, rounded up
DAMAGED = (BadZipFile, LargeZipFile, zlib.error, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A network, its hidden weights (layer 1 first), its random word and the training samples since `init`."""

    network: Network
    weights: Weights
    prng: int
    samples: int

    @classmethod
    def initial(cls, network: Network) -> "Checkpoint":
        """The state before any training (clause 14)."""
        return cls(network=network, weights=initial_weights(network), prng=network.prng, samples=0)

    @classmethod
    def of(cls, device: LearningDevice, network: Network) -> "Checkpoint":
        """The state that a device has now."""
        weights = device.read_weights()
        prng, samples = device.read_state()
        return cls(network=network, weights=weights, prng=prng, samples=samples)

    def put_on(self, device: LearningDevice) -> None:
        """Configure a device and give it this state."""
        device.configure(self.network)
        device.write_weights(self.weights)
        device.write_state(self.prng, self.samples)

    @property
    def weights_crc32(self) -> int:
        """`zlib.crc32` of the rows without padding, layer 1 first."""
        return zlib.crc32(b"".join(layer.tobytes() for layer in self.weights))

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all. Raises `OutputError`."""
        arrays = {f"weights_{i}": layer for i, layer in enumerate(self.weights, 1)}
        arrays |= {
            "prng": np.array(self.prng, np.uint32),
            "samples": np.array(self.samples, np.uint64),
            "config": np.array(network_to_json(self.network)),
        }
        write_whole(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def load(path: Path) -> Checkpoint:
    """The checkpoint in a file, every field checked against the configuration in it before memory is taken for it.

    Raises `CheckpointError`, one sentence, for a file that cannot be read, is damaged, or is not such a checkpoint.
    """
    try:
        with ZipFile(path) as archive:
            return _read(archive)
    except (CheckpointError, ContractError, DataError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of metaplast: {error}") from error
    except DAMAGED as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: {_words(error)}") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(archive: ZipFile) -> Checkpoint:
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise CheckpointError("it holds a name twice")
    text = _array(archive, "config", (), None)
    network = network_from_json(str(text))
    shapes = {f"weights_{i}": shape for i, shape in enumerate(network.shapes, 1)}
    expected = {f"{name}.npy" for name in (*shapes, "prng", "samples", "config")}
    if set(names) != expected:
        different = ", ".join(sorted(set(names) ^ expected))
        raise CheckpointError(f"the network in it asks for other arrays than it has: {different}")
    weights = [_array(archive, name, shape, np.dtype(np.int8)) for name, shape in shapes.items()]
    prng = int(_array(archive, "prng", (), np.dtype(np.uint32)))
    samples = int(_array(archive, "samples", (), np.dtype(np.uint64)))
    require_integer("prng", prng, 1, 2**32 - 1)
    return Checkpoint(network=network, weights=weights, prng=prng, samples=samples)


def _array(archive: ZipFile, name: str, shape: tuple[int, ...], dtype: np.dtype | None) -> NDArray:
    """One array; shape and type (None: text) are checked in its header, before its data are read."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        found_shape, _, found = read_header(file)
    right = found.kind == "U" and found.itemsize <= 4 * LONGEST_CONFIG if dtype is None else found == dtype
    if found_shape != shape or not right:
        raise CheckpointError(f"{name} is {found} of shape {found_shape}, expected {dtype or 'text'} of shape {shape}")
    size = found.itemsize * int(np.prod(shape, dtype=np.int64))
    if not size <= info.file_size <= min(size + LONGEST_HEADER, MOST_DEFLATED * info.compress_size):
        raise CheckpointError(f"{name} has {info.file_size} bytes, expected {size} and a header")
    with archive.open(info) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
        if file.read(1):  # reaching the end also checks the CRC
            raise CheckpointError(f"{name} goes on after its data")
    return array


def _words(error: Exception) -> str:
    """The message on one line."""
    return " ".join(str(error).split()) or type(error).__name__

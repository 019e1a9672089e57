"""The state of a network in one file (contract, clause 13): a run resumed from it is bit-identical to one that went on.

An `.npz` with `weights_1` … `weights_L` (int8, shape (n_l, n_{l-1})), 0-d `prng` (uint32), `samples` (uint64), `signature`
(uint32) and `config` (the JSON text of the configuration with its defaults resolved). Nothing in it is pickled. A file
without a signature, older or written by another program, has the signature 0.

What inputs and outputs stand for may be beside them (`sw.host.meaning`). Where there is rehearsal (clause 19), its settings
are in the configuration, and its reservoir is in `rehearsal_pixels` (uint8, shape (f, ceil(n_0 / 8)), packed as on the wire),
`rehearsal_labels` (uint16, shape (f,)), 0-d `rehearsal_seen` (uint64) and `rehearsal_prng` (uint32).

Every array has a checksum, and all of them one together (`sw.host.array_archive`). Equal states make equal files.
"""

import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from sw.contract.configuration import configuration_from_json, configuration_to_json
from sw.contract.error import ContractError, require_integer
from sw.contract.network import Network
from sw.contract.occupancy import Occupancy
from sw.contract.rehearsal import NONE, Rehearsal
from sw.contract.state import State
from sw.data.error import DataError
from sw.data.initial_weights import initial_weights
from sw.data.reservoir import RESERVOIR, Reservoir
from sw.files.damaged import DAMAGED
from sw.files.error import FileError
from sw.files.input import ZIP_MAGIC, with_places
from sw.files.output import write_whole
from sw.host.array_archive import check_together, read_array, words, write_arrays
from sw.host.error import CheckpointError, LinkError, OutputError
from sw.host.learning_device import LearningDevice, Weights
from sw.host.meaning import BITS, Meaning, names_in, read_meaning
from sw.host.reservoir import read_reservoir

SIGNATURE = "signature"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A network, its hidden weights (layer 1 first), its random word, the training samples since `init` and their signature,
    what its inputs and outputs stand for, and the reservoir of what is rehearsed, None where nothing is."""

    network: Network
    weights: Weights
    prng: int
    samples: int
    signature: int = 0
    meaning: Meaning = BITS
    reservoir: Reservoir | None = None

    @classmethod
    def initial(cls, network: Network, meaning: Meaning = BITS) -> "Checkpoint":
        """The state before any training (clause 14)."""
        meaning.check_fits(network)
        return cls(network=network, weights=initial_weights(network), prng=network.prng, samples=0, meaning=meaning)

    @classmethod
    def of(
        cls, device: LearningDevice, network: Network, meaning: Meaning = BITS, reservoir: Reservoir | None = None
    ) -> "Checkpoint":
        """The state that a device has now. Raises `LinkError` for one that no training leads to."""
        weights = device.read_weights()
        state = device.read_state()
        if state.prng == 0:
            raise LinkError("the board says that its random word is 0, which it never is: program it again")
        return cls(network=network, weights=weights, meaning=meaning, reservoir=reservoir, **state._asdict())

    def rehearsing(self, rehearsal: Rehearsal) -> "Checkpoint":
        """This state, which from now on rehearses as `rehearsal` says, out of a reservoir that is empty yet."""
        reservoir = Reservoir.empty(rehearsal, self.network.layers[0]) if rehearsal.size else None
        return replace(self, reservoir=reservoir)

    def put_on(self, device: LearningDevice) -> None:
        """Configure a device and give it this state, but for the reservoir (`sw.host.carrier`).

        Raises `ContractError`, with nothing changed, where that has no room in the device's own memory.
        """
        if device.sample_memory:
            Occupancy(device.sample_memory, self.network.layers[0]).check_rehearsal(self.rehearsal.size)
        device.configure(self.network)
        device.write_weights(self.weights)
        device.write_state(self.prng, self.samples, self.signature)

    @property
    def rehearsal(self) -> Rehearsal:
        """The settings of the rehearsal; of size 0 where there is none."""
        return NONE if self.reservoir is None else self.reservoir.rehearsal

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
            SIGNATURE: np.array(self.signature, np.uint32),
            "config": np.array(configuration_to_json(self.network, self.rehearsal)),
            **self.meaning.arrays(),
        }
        if self.reservoir is not None:
            arrays |= self.reservoir.arrays()
        try:
            write_whole(path, lambda file: write_arrays(file, arrays))
        except FileError as error:
            raise OutputError(str(error)) from error


def load(path: Path) -> Checkpoint:
    """The checkpoint in a file, every field checked against the configuration in it before memory is taken for it.

    Raises `CheckpointError`, one sentence, for a file that cannot be read, is damaged, or is not such a checkpoint.
    """
    try:
        with path.open("rb") as file, ZipFile(with_places(file, ZIP_MAGIC)) as archive:
            return _read(archive)
    except (CheckpointError, FileError) as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint of metaplast: {words(error)}") from error
    except (ContractError, DataError) as error:
        raise CheckpointError(f"{path} is not a checkpoint of metaplast: {words(error)}") from error
    except DAMAGED as error:
        raise CheckpointError(f"{path} is damaged or not a checkpoint: {words(error)}") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(archive: ZipFile) -> Checkpoint:
    names = archive.namelist()
    if len(set(names)) != len(names):
        raise CheckpointError("it holds a name twice")
    arrays = {"config": read_array(archive, "config", (), None)}
    network, rehearsal = configuration_from_json(str(arrays["config"]))
    shapes = {f"weights_{i}": shape for i, shape in enumerate(network.shapes, 1)}
    expected = {f"{name}.npy" for name in (*shapes, "prng", "samples", "config")}
    signed = f"{SIGNATURE}.npy" in names
    meant = names_in({name.removesuffix(".npy") for name in names})
    expected |= {f"{name}.npy" for name in (*meant, *(RESERVOIR if rehearsal.size else ()))}
    different = set(names) - {f"{SIGNATURE}.npy"} ^ expected
    if different:
        different = ", ".join(sorted(different))
        raise CheckpointError(f"the network in it asks for other arrays than it has: {different}")
    arrays |= {name: read_array(archive, name, shape, np.dtype(np.int8)) for name, shape in shapes.items()}
    arrays["prng"] = read_array(archive, "prng", (), np.dtype(np.uint32))
    arrays["samples"] = read_array(archive, "samples", (), np.dtype(np.uint64))
    if signed:
        arrays[SIGNATURE] = read_array(archive, SIGNATURE, (), np.dtype(np.uint32))
    prng, samples, signature = (int(arrays.get(name, 0)) for name in ("prng", "samples", SIGNATURE))
    require_integer("prng", prng, 1, 2**32 - 1)

    def read(name: str, shape: tuple[int, ...], dtype: np.dtype | None) -> NDArray:
        arrays[name] = read_array(archive, name, shape, dtype)
        return arrays[name]

    meaning = read_meaning(read, meant, network)
    reservoir = read_reservoir(read, rehearsal, network) if rehearsal.size else None
    check_together(archive, arrays)
    weights = [arrays[name] for name in shapes]
    state = State(prng, samples, signature)
    return Checkpoint(network=network, weights=weights, meaning=meaning, reservoir=reservoir, **state._asdict())

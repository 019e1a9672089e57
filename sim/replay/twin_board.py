"""The twin behind the commands of the link: the payload of a request in, that of its reply out."""

import numpy as np

from sw.contract import requests
from sw.contract.commands import Command
from sw.contract.error import require
from sw.contract.frames import COUNTERS, FIRST, PROGRESS, image_bytes, pack_state, unpack_state
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.state import State
from sw.data.packed import unpacked
from sw.twin.engine import Twin


class TwinBoard:
    """A board that answers what `geometry` and `network` make possible.

    Registers and tables must be those of the network: the twin makes its own. Raises `ContractError` for another one.
    """

    def __init__(self, geometry: Geometry, network: Network) -> None:
        self.geometry, self.network = geometry, network
        self.opening = requests.configure(network, geometry)
        self.twin = Twin.of(network)
        self.rows = [np.zeros(fan_in, np.int8) for neurons, fan_in in network.shapes for _ in range(neurons)]
        self.is_loaded = False

    def answer(self, command: Command, payload: bytes) -> bytes:
        """The reply's payload; of COUNTERS its beginning, the counters that do not depend on the pace of the link."""
        if command in (Command.CONFIGURE, Command.TABLE):
            require((command, payload) in self.opening, f"{command.name} is not of the run's network")
            if command == Command.CONFIGURE:
                self.twin = Twin.of(self.network)
                self.is_loaded = False
            return b""
        if command == Command.WRITE:
            (row,), weights = Command.WRITE.read(payload)
            self.rows[row] = np.frombuffer(weights, np.int8).copy()
            self.is_loaded = False
            return b""
        self._load()
        if command == Command.READ:
            return self._read(*Command.READ.read(payload)[0])
        if command == Command.STATE:
            if payload:
                self.twin.set_state(*unpack_state(payload))
            return pack_state(State(self.twin.prng(), self.twin.samples(), self.twin.signature()))
        if command == Command.COUNTERS:
            known = {"bad_frames": 0} | self.twin.counters()
            return b"".join(known[name].to_bytes(8, "little") for name in COUNTERS[: len(known)])
        if command == Command.TRAIN:
            return self._train(payload)
        require(command == Command.INFER, f"the twin does not know {command.name}")
        (count,), images = Command.INFER.read(payload)
        return self.twin.infer(self._pixels(images, count))[0].astype("<u2").tobytes()

    def _train(self, payload: bytes) -> bytes:
        (first, count), samples = Command.TRAIN.read(payload)
        require(first == self.twin.samples() % FIRST, f"TRAIN begins with sample {first} of {FIRST}, not with the next one")
        labels = np.frombuffer(samples, "<u2", count)
        pixels = self._pixels(samples[labels.nbytes :], count)
        predictions = self.twin.train(pixels, labels.astype(np.int64))[0].astype("<u2").tobytes()
        return predictions + PROGRESS.pack(self.twin.signature(), self.twin.samples())

    def _pixels(self, images: bytes, count: int) -> np.ndarray:
        inputs = self.network.layers[0]
        return unpacked(np.frombuffer(images, np.uint8).reshape(count, image_bytes(inputs)), inputs)

    def _read(self, row: int, count: int) -> bytes:
        layer = max(layer for layer, first in enumerate(self.network.first_rows) if first <= row)
        return self.twin.weights()[layer][row - self.network.first_rows[layer]][:count].tobytes()

    def _load(self) -> None:
        """The rows that have been written become the twin's weights."""
        if self.is_loaded:
            return
        layers = zip(self.network.first_rows, self.network.shapes, strict=True)
        weights = [np.stack(self.rows[first : first + neurons]) for first, (neurons, _) in layers]
        self.twin.load(weights, self.twin.prng(), self.twin.samples(), self.twin.signature())
        self.is_loaded = True

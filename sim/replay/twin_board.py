"""The twin behind the commands of the link: the payload of a request in, that of its reply out."""

import struct

import numpy as np

from sw.contract.error import require
from sw.contract.frames import COUNTERS, STATE, Command, image_bytes
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.contract.registers import configuration_bytes
from sw.contract.table import table_bytes, thresholds
from sw.twin.engine import Twin


class TwinBoard:
    """A board that answers what `geometry` and `network` make possible.

    Registers and tables must be those of the network: the twin makes its own. Raises `ContractError` for another one.
    """

    def __init__(self, geometry: Geometry, network: Network) -> None:
        self.geometry, self.network = geometry, network
        self.twin = Twin.of(network)
        self.rows = [np.zeros(fan_in, np.int8) for neurons, fan_in in network.shapes for _ in range(neurons)]
        self.is_loaded = False

    def answer(self, command: Command, payload: bytes) -> bytes:
        """The reply's payload; of COUNTERS its beginning, the counters that do not depend on the pace of the link."""
        if command == Command.CONFIGURE:
            require(payload == configuration_bytes(self.network, self.geometry), "CONFIGURE is not of the run's network")
            self.twin = Twin.of(self.network)
            self.is_loaded = False
            return b""
        if command == Command.TABLE:
            settings = self.network.learning_rate[payload[0]], self.network.metaplasticity[payload[0]]
            require(payload[1:] == table_bytes(thresholds(*settings)), "TABLE is not of the run's network")
            return b""
        if command == Command.WRITE:
            (row,) = struct.unpack_from("<H", payload)
            self.rows[row] = np.frombuffer(payload[2:], np.int8).copy()
            self.is_loaded = False
            return b""
        self._load()
        if command == Command.READ:
            row, count = struct.unpack("<HH", payload)
            return [values for layer in self.twin.weights() for values in layer][row][:count].tobytes()
        if command == Command.STATE:
            if payload:
                self.twin.set_state(*STATE.unpack(payload))
            return STATE.pack(self.twin.prng(), self.twin.samples())
        if command == Command.COUNTERS:
            known = {"bad_frames": 0} | self.twin.counters()
            return b"".join(known[name].to_bytes(8, "little") for name in COUNTERS[: len(known)])
        require(command in (Command.TRAIN, Command.INFER), f"the twin does not know {command.name}")
        trains = command == Command.TRAIN
        labels = np.frombuffer(payload, "<u2", count=payload[0] if trains else 0, offset=1)
        images = np.frombuffer(payload[1 + labels.nbytes :], np.uint8)
        packed = images.reshape(payload[0], image_bytes(self.network.layers[0]))
        pixels = np.unpackbits(packed, axis=1, count=self.network.layers[0], bitorder="little")
        predictions = self.twin.train(pixels, labels.astype(np.int64)) if trains else self.twin.infer(pixels)
        return predictions[0].astype("<u2").tobytes()

    def _load(self) -> None:
        """The rows that have been written become the twin's weights."""
        if self.is_loaded:
            return
        layers = zip(self.network.first_rows, self.network.shapes, strict=True)
        weights = [np.stack(self.rows[first : first + neurons]) for first, (neurons, _) in layers]
        self.twin.load(weights, self.twin.prng(), self.twin.samples())
        self.is_loaded = True

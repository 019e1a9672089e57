"""A transport whose other end is a function: what is written is answered at once, or when the test says so."""

from sw.host.error import TransportError
from tests.drivers.fake_board import FakeBoard


class Partner:
    """A `Transport` to `board`, whose answers wait until they are read; `damage` may change what comes back."""

    reopens = False

    def __init__(self, board=None, damage=lambda data: data):
        self.board = board or FakeBoard()
        self.damage = damage
        self.arrived = bytearray()
        self.closed = False

    def write(self, data):
        self.arrived += self.damage(self.board.feed(data))

    def read(self, at_most, timeout):
        data = bytes(self.arrived[:at_most])
        del self.arrived[:at_most]
        return data

    def reopen(self):
        raise TransportError("the partner is gone for good")

    def close(self):
        self.closed = True

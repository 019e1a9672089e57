"""A fake board on a port of its own: a pseudo terminal that outlives the hosts that open it, as a USB cable does.

    with FakePort(FakeBoard(...)) as port:
        ... "--port", port.name ...

It goes when the context ends.
"""

import os
import pty
import select
import threading
import tty
from types import SimpleNamespace

from sw.contract.board_table import BOARDS
from tests.drivers.fake_board import FakeBoard


class FakePort:
    """Members: `name` of the port; `board`; `answer`, what makes bytes of bytes (the board's `feed` by default)."""

    def __init__(self, board=None, answer=None):
        self.board = board or FakeBoard()
        self.answer = answer or self.board.feed
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.name = os.ttyname(self.slave)
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        waiting = b""
        while not self.stopped.is_set():
            readable, writable, _ = select.select([self.master], [self.master] if waiting else [], [], 0.05)
            if readable:
                waiting += self.answer(os.read(self.master, 65536))
            if writable:
                try:
                    waiting = waiting[os.write(self.master, waiting) :]
                except BlockingIOError:
                    continue

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stopped.set()
        self.thread.join(10)
        os.close(self.master)
        os.close(self.slave)


def board_like(name, **options):
    """A fake board with the shape of one that has a name."""
    return FakeBoard(BOARDS[name].geometry, buffer_bytes=4096, **options)


def usb_port(device, vendor=None, product=None, name=None, location=None, serial=None):
    """One entry of pyserial's list of ports."""
    return SimpleNamespace(device=device, vid=vendor, pid=product, product=name, location=location, serial_number=serial)

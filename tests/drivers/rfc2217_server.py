"""A board behind pyserial's own RFC 2217 server, on a socket of this machine.

    with Rfc2217Server(answer=FakeBoard(...).feed) as server:
        ... "--port", server.url ...

It goes when the context ends.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import SimpleNamespace

from serial.rfc2217 import PortManager


class Manager(PortManager):
    """Notes what it is asked for."""

    def __init__(self, port, connection, settings):
        self.settings = settings
        super().__init__(port, connection)

    def rfc2217_send_subnegotiation(self, option, value=b""):
        self.settings.append((option, value))
        super().rfc2217_send_subnegotiation(option, value)


class Rfc2217Server:
    """Members: `url`; `settings`, what clients have asked for, each time; `connections`, how many there were.

    `answer` makes bytes of bytes. A server that does not listen takes none.
    """

    def __init__(self, *, answer: Callable[[bytes], bytes] = bytes, listens=True):
        self.answer = answer
        self.listens = listens
        self.settings = []
        self.connections = 0
        self.stopped = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while True:
            with contextlib.suppress(OSError):
                client, _ = self.socket.accept()
                if self.stopped.is_set():
                    client.close()
                    return
                self.connections += 1
                self.client = client
                with client:
                    self.talk(client)

    def drop(self):
        """End the connection."""
        self.client.shutdown(socket.SHUT_RDWR)

    def talk(self, client):
        lines = {"cts": True, "dsr": True, "ri": False, "cd": True, "xonxoff": False, "rtscts": False}
        settings = {"baudrate": 9600, "bytesize": 8, "parity": "N", "stopbits": 1, "dtr": False, "rts": False}
        port = SimpleNamespace(**lines, **settings, reset_input_buffer=lambda: None, reset_output_buffer=lambda: None)
        manager = Manager(port, SimpleNamespace(write=client.sendall), self.settings)
        while data := client.recv(4096):
            taken = b"".join(manager.filter(data))
            if taken and not self.listens:
                self.stopped.wait(60)
                return
            client.sendall(b"".join(manager.escape(self.answer(taken))))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stopped.set()
        socket.create_connection(self.socket.getsockname()).close()
        self.thread.join(10)
        self.socket.close()

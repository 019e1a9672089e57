"""Where the page is: 127.0.0.1 unless told, and with a token wherever another computer could ask."""

import ipaddress
import secrets
import socket
from dataclasses import dataclass

from sw.host.error import HostError

HOST, PORT = "127.0.0.1", 8765
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class AddressError(HostError):
    """The page cannot be where it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host and a port, and the token that a browser has to bring, None where only this computer can ask."""

    host: str
    port: int
    token: str | None

    @classmethod
    def parse(cls, text: str | None, token: str | None) -> "Address":
        """From `PORT`, `HOST` or `HOST:PORT` (`[::1]:8765`), None: 127.0.0.1 and 8765. Raises `AddressError`."""
        host, port = HOST, str(PORT)
        if text is not None and text.isdecimal():
            port = text
        elif text is not None:
            bare, colon, after = text.rpartition(":")
            host, port = (bare, after) if colon and not after.endswith("]") else (text, port)
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise AddressError(f"the page cannot listen at {text}: give a port (0 to 65535), a host or HOST:PORT")
        if token is not None and (not token.isascii() or not token.isalnum()):
            raise AddressError("the token is to have letters and digits alone: give another one, or leave --token away")
        return cls(host=host, port=int(port), token=token or (None if is_local(host) else secrets.token_hex(8)))

    def listen(self) -> socket.socket:
        """A socket there. Raises `AddressError`."""
        try:
            family = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            is_taken = error.errno is not None and "in use" in (error.strerror or "")
            hint = "give another one, as in --listen 0, which takes any that is free" if is_taken else "give another address"
            reason = "is in use" if is_taken else f"cannot be listened at ({error.strerror or error})"
            raise AddressError(f"port {self.port} of {self.host} {reason}: {hint}") from error

    def at(self, port: int) -> str:
        """The address for a browser, of the port that was taken."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}/" + (f"?token={self.token}" if self.token else "")

    def hosts(self, port: int) -> frozenset[str] | None:
        """The names, with the port, that a browser may ask by; None, any, where the token protects."""
        if self.token is not None:
            return None
        shown = f"[{self.host}]" if ":" in self.host else self.host
        names = {*LOCAL, shown.lower()}
        return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))


def is_local(host: str) -> bool:
    """Whether only this computer can ask there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"

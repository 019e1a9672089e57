"""The body of a request, as far as it is taken."""

from starlette.requests import Request

MOST_ASKED = 16 << 10  # bytes of a request
MOST_UPLOADED = 64 << 20  # bytes of a checkpoint
DRAINED = 8  # times as much is read and thrown away, so that who sends it hears why it was refused


class TooLargeError(Exception):
    """One sentence for who has sent it."""


async def body_of(request: Request, most: int) -> bytes:
    """The whole body, of at most so many bytes. Raises `TooLargeError`."""
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length <= most:
            parts.append(part)
        elif length > DRAINED * most:
            break
    if length > most:
        told = f"{most >> 20} MiB" if most >= 1 << 20 else f"{most >> 10} KiB"
        raise TooLargeError(f"what was sent is too large: at most {told} are taken")
    return b"".join(parts)

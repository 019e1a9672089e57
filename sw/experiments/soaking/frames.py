"""Damaged and forged frames: none may change what a board has learned, and none may stop it."""

import time
from random import Random
from typing import Any

import numpy as np

from sw.contract.commands import Command
from sw.contract.frames import TABLE_BYTES, Frame
from sw.contract.geometry import Geometry
from sw.contract.requests import train_payload
from sw.experiments.soaking.scene import begun, samples, times, twin_differs
from sw.host import simulated_board
from sw.host.device import Device
from sw.host.error import HostError, LinkError
from sw.host.frame_reader import END, FrameReader, encode
from sw.host.process_transport import ProcessTransport
from sw.host.samples import pack
from sw.host.transport import Transport
from sw.terminal.speech import say
from sw.wire.board import ModelBoard
from sw.wire.faults import harmed
from sw.wire.line import Line

ON_MODEL, ON_GATEWARE = 900_000, 100_000
AT_ONCE = 500  # bad frames between two good ones
GEOMETRY = Geometry(columns=16, rows=14, grid_height=1, grid_width=2, synapses_per_cell=4, folds=2, slices=2)
FAR, LONGEST = 20000, 30  # numbers to the one that marks the end of the bad frames; seconds to wait for it
REASONABLE = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 128, 255)


def on_the_model(scale: float, seed: int) -> dict[str, Any]:
    """On the board in Python."""
    line = Line(ModelBoard())
    return fuzz(begun(line), line, times(scale, ON_MODEL), seed)


def on_the_gateware(scale: float, seed: int) -> dict[str, Any]:
    """On the gateware, compiled to native code."""
    transport = ProcessTransport([simulated_board.build(GEOMETRY, say)])
    with begun(transport, resend_after=20.0) as device:
        return fuzz(device, transport, times(scale, ON_GATEWARE), seed)


def fuzz(device: Device, transport: Transport, count: int, seed: int) -> dict[str, Any]:
    """Send `count` bad frames to a board, and between them good ones, from which it learns; compare it with the twin."""
    random = Random(seed)
    pixels, labels = samples(-(-count // AT_ONCE), seed)
    given, hangs = [], 0
    for i, left in enumerate(range(count, 0, -AT_ONCE)):
        bad = b"".join(bad_frame(device, random, pixels[i], int(labels[i])) + END for _ in range(min(left, AT_ONCE)))
        try:
            pass_by(device, transport, bad)
            given.append(device.train(pixels[i : i + 1], labels[i : i + 1]))
        except HostError as error:
            say(f"after {i} samples: {error}")
            hangs += 1
            break
    difference = "it stopped" if hangs else twin_differs(device, pixels, labels, np.concatenate(given))
    if difference:
        say(difference)
    return {"frames_fuzzed": count, "good_frames": len(given), "wrong_updates": int(bool(difference)), "hangs": hangs}


def pass_by(device: Device, transport: Transport, bad: bytes) -> None:
    """Send bad frames past the host, and take what the board says to them. Raises `LinkError` when it stops answering."""
    marker = Frame(type=Command.STATE, sequence=(device.link.sequence + FAR) % 2**16, nonce=device.hello.nonce)
    transport.write(END + bad + END + encode(marker))
    reader, deadline = FrameReader(), time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        replies = reader.feed(transport.read(65536, 0.1))
        if any(reply.sequence == marker.sequence for reply in list(replies)):
            return
    raise LinkError(f"the board has not answered for {LONGEST} seconds")


def bad_frame(device: Device, random: Random, pixels: np.ndarray, label: int) -> bytes:
    """A frame that must not be carried out: the next TRAIN damaged, or whole but not the one that is due; or any bytes."""
    sequence = device.link.sequence + 1
    payload = train_payload(device.samples, [label], pack(pixels[None]))
    right: dict[str, Any] = {"type": Command.TRAIN, "nonce": device.hello.nonce, "payload": payload}
    right["sequence"] = sequence % 2**16
    match random.randrange(8):
        case 0:
            other = train_payload(device.samples, [label], pack(1 - pixels[None]))
            change: dict[str, Any] = {"nonce": right["nonce"] ^ 1 << random.randrange(32), "payload": other}
        case 1:
            change = {"sequence": (sequence + random.choice((1, 2, 255, 256, -300, 30000))) % 2**16}
        case 2:
            change = {"payload": train_payload(device.samples + random.choice((1, 2, -1, 256)), [label], payload[-2:])}
        case 3:
            change = {"payload": train_payload(device.samples, [random.choice((3, 255, 65535))], payload[-2:])}
        case 4:
            change = {"payload": payload + random.randbytes(random.randint(1, 600))}
        case 5:  # in its place, but nothing that a network of this size could be asked
            kind = random.choice(REASONABLE)
            change = {"type": kind, "payload": random.randbytes(random.randint(TABLE_BYTES + 2, 700))}
        case 6:
            return random.randbytes(random.randint(0, 40)).replace(END, b"\1")
        case _:
            data = harmed(encode(Frame(**right)), random)
            return data if encode(Frame(**right))[:-1] not in data.split(END) else b"\1"
    return encode(Frame(**right | change))

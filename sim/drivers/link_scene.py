"""What the benches of the link have in common: the board, its networks, samples, and the requests that it refuses."""

import struct
from random import Random
from typing import Any

from hw.link.link import Link
from sim.drivers.bench import start
from sim.drivers.link_engine import LinkEngine, predict
from sim.drivers.link_host import LinkHost
from sw.contract.bounds_table import TABLE_ENTRIES
from sw.contract.commands import Command
from sw.contract.frames import FIRST, PROGRESS, RING, STATE, TABLE_BYTES, Reason, image_bytes
from sw.contract.geometry import Geometry
from sw.contract.network import MAX_LAYERS, Network
from sw.contract.registers import CONFIGURATION_BYTES, configuration_bytes
from sw.contract.requests import train_payload
from sw.contract.state import sign

GEOMETRY = Geometry(columns=48, rows=20, grid_height=2, grid_width=3, synapses_per_cell=4, folds=2)
CLOCK_HZ, BUILD, BUFFER_BYTES = 54_321_000, 0x0123456789ABCDEF, 1024
NEED_MEMORY = [command for command in Command if command.spec.needs_memory]
NETWORKS = [Network.of(layers=layers) for layers in ((20, 9, 5), (48, 20), (1, 2), (17, 3, 4, 6, 7), (33, 8, 8, 2))]


def link() -> Link:
    """The link that the benches run on."""
    return Link(GEOMETRY, clock_hz=CLOCK_HZ, build=BUILD, buffer_bytes=BUFFER_BYTES)


async def connected(dut: Any, *, network: Network | None = NETWORKS[0], **engine) -> tuple[Random, LinkHost, LinkEngine]:
    """A link that has said HELLO and, if there is a `network`, has been configured."""
    random = await start(dut)
    dut.entropy.value = random.getrandbits(32)
    host, engine_ = LinkHost(dut, random), LinkEngine(dut, GEOMETRY, random, **engine)
    await host.hello()
    if network is not None:
        await host.ask(Command.CONFIGURE, configuration_bytes(network, GEOMETRY))
    return random, host, engine_


def random_samples(random: Random, network: Network, count: int) -> tuple[list[int], list[bytes]]:
    size = image_bytes(network.layers[0])
    return [random.randrange(network.layers[-1]) for _ in range(count)], [random.randbytes(size) for _ in range(count)]


def predictions(images: list[bytes], network: Network) -> bytes:
    return b"".join(predict(image, network.layers[-1]).to_bytes(2, "little") for image in images)


def trained(images: list[bytes], network: Network, prng: int, signature: int, samples: int) -> bytes:
    """The reply to TRAIN of an engine with this state."""
    given = predictions(images, network)
    classes = struct.unpack(f"<{len(images)}H", given)
    return given + PROGRESS.pack(sign(signature, [prng] * len(images), classes), samples + len(images))


def refused_requests(random: Random, network: Network, first: int) -> list[tuple[int, bytes, Reason]]:
    """Requests that must change nothing, and why; `first` is the number of the next training sample."""
    rows, columns, classes = network.row_count, GEOMETRY.columns, network.layers[-1]
    labels, images = random_samples(random, network, 3)
    train, pixels = train_payload(first, labels, b"".join(images)), b"".join(images)
    some = random.randbytes(random.randrange(1, 30))
    requests = [(kind, random.choice([b"", some]), Reason.TYPE) for kind in (0, *NEED_MEMORY, 18, 127, 128, 0x86, 255)]
    requests += [(kind, some, Reason.LENGTH) for kind in (Command.HELLO, Command.COUNTERS, Command.RESET)]
    requests += [(Command.CONFIGURE, bytes(CONFIGURATION_BYTES + i), Reason.LENGTH) for i in (-1, 1)]
    requests += [(Command.CONFIGURE, b"", Reason.LENGTH)]
    requests += [(Command.TABLE, bytes(1 + TABLE_BYTES + i), Reason.LENGTH) for i in (-1, 1)]
    tables = *range(network.depth, MAX_LAYERS), MAX_LAYERS + GEOMETRY.bounds_entries // TABLE_ENTRIES, 6, 255
    requests += [(Command.TABLE, bytes([table]) + bytes(TABLE_BYTES), Reason.RANGE) for table in tables]
    requests += [(Command.WRITE, some[:1], Reason.LENGTH), (Command.WRITE, b"", Reason.LENGTH)]
    requests += [(Command.WRITE, struct.pack("<H", row) + some, Reason.RANGE) for row in (rows, rows + 256, 65535)]
    requests += [(Command.WRITE, struct.pack("<H", 0) + bytes(columns + i), Reason.RANGE) for i in (1, 256)]
    requests += [(Command.READ, bytes(i), Reason.LENGTH) for i in (0, 3, 5)]
    requests += [(Command.READ, struct.pack("<HH", row, 1), Reason.RANGE) for row in (rows, 65535)]
    requests += [(Command.READ, struct.pack("<HH", 0, count), Reason.RANGE) for count in (columns + 1, 65535)]
    requests += [(Command.TRAIN, train[:-1], Reason.LENGTH), (Command.TRAIN, train + b"\0", Reason.LENGTH)]
    requests += [(Command.TRAIN, train[:2] + bytes([count]) + train[3:], Reason.LENGTH) for count in (0, 2, 4, 131, 255)]
    requests += [(Command.TRAIN, bytes(i), Reason.LENGTH) for i in range(Command.TRAIN.spec.argument_bytes)]
    requests += [(Command.INFER, b"", Reason.LENGTH)]
    requests += [(Command.INFER, bytes([count]) + pixels, Reason.LENGTH) for count in (0, 2, 4, 131)]
    for wrong in (classes, classes + 256, 65535):
        for place in range(3):
            bad = [wrong if i == place else label for i, label in enumerate(labels)]
            requests.append((Command.TRAIN, train_payload(first, bad, pixels), Reason.RANGE))
    for wrong in (1, 3, RING, -1, -3, FIRST // 2):
        requests.append((Command.TRAIN, train_payload(first + wrong, labels, pixels), Reason.SAMPLE))
    requests += [(Command.STATE, bytes(i), Reason.LENGTH) for i in (1, 12, 15, 17)]
    requests += [(Command.STATE, STATE.pack(0, 6, 5), Reason.RANGE)]
    return requests

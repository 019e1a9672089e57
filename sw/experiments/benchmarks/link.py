"""How much of the wire carries samples: from the bytes that the host really sends, at the batch size that it chooses."""

from sw.contract.frames import image_bytes
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.benchmarks.entry import Entries, Entry, command_of
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.host.device import LABEL_BYTES, Device
from sw.host.error import BoardError
from sw.terminal.speech import say

SAMPLES = 500


def link() -> Entries:
    """link_efficiency: bytes of labels and pixels over bytes on the wire, each of which is 10 bits of a UART."""
    network = Network.of()
    pixels, labels = (part[:SAMPLES] for part in load_packed("train"))
    with known_boards.find("sim").open(say) as device:
        if not isinstance(device, Device):
            raise BoardError("the simulated board is behind no link")
        Checkpoint.initial(network).put_on(device)
        before = device.link.wire_bytes
        device.train(pixels, labels)
        sent = device.link.wire_bytes - before
        batch = device.batch_size()
    samples = SAMPLES * (LABEL_BYTES + image_bytes(network.layers[0]))
    entry = Entry(
        value=samples / sent,
        unit=f"bytes of samples / bytes on the wire, {batch} samples a frame",
        bound=1.0,
        bound_is="at best: nothing but samples on the wire",
        command=command_of("link"),
    )
    return {"link_efficiency": entry}

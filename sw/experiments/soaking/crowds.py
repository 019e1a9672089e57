"""Two hosts on one port, and a disk that is full: a clear sentence, and nothing is lost."""

import errno
import os
import resource
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sw.experiments.soaking.scene import NETWORK, begun, samples, times
from sw.host import checkpoint
from sw.host.checkpoint import Checkpoint
from sw.host.error import OutputError, TransportError
from sw.host.serial_transport import SerialTransport
from sw.wire.board import ModelBoard
from sw.wire.line import Line
from sw.wire.port import Port

HOSTS, DISKS = 50, 50
BAUD = 3_000_000


def ports(scale: float, seed: int) -> dict[str, Any]:
    """A second host on a port is refused while the first one trains on; a checkpoint for which there is no room is no loss."""
    hosts, disks, not_refused, lost = times(scale, HOSTS), times(scale, DISKS), 0, 0
    pixels, labels = samples(20, seed)
    with Port(Line(ModelBoard())) as port:
        device = begun(SerialTransport(port.name, BAUD), resend_after=0.1)
        for _ in range(hosts):
            device.train(pixels, labels)
            try:
                SerialTransport(port.name, BAUD).close()
                not_refused += 1
            except TransportError as error:
                not_refused += "another program uses it" not in str(error)
        lost += device.read_state().samples != hosts * len(pixels)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        Checkpoint.initial(NETWORK).save(path)
        for _ in range(disks):
            not_refused += not full_disk(path)
            lost += checkpoint.load(path).samples != 0 or list(Path(folder).iterdir()) != [path]
    return {"second_hosts": hosts, "full_disks": disks, "not_refused": not_refused, "lost": lost}


def full_disk(path: Path) -> bool:
    """Whether saving is refused where no file may grow beyond 100 bytes."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        Checkpoint.initial(NETWORK).save(path)
    except OutputError as error:
        return os.strerror(errno.EFBIG) in str(error)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    return False

"""`metaplast` as a process of its own, on simulated boards in Python: what a shell sees of it.

    process = start(folder, "train", ...)

takes the words, and what `subprocess.Popen` takes.
"""

import struct
import subprocess
import sys

import numpy as np

from tests.drivers.fake_build import build_command

NETWORK = "[network]\nlayers = [64, 20, 10]\n[learning]\nrelax_rate = [300, 300]\n"
GEOMETRY = "columns=64,rows=32,grid_height=4,grid_width=1,synapses_per_cell=16,folds=1"
TRAIN = ("train", "--board", "sim", "--geometry", GEOMETRY, "--config", "net.toml", "--images", "images", "--labels", "labels")


def idx(array):
    return struct.pack(f">2xBB{array.ndim}I", 8, array.ndim, *array.shape) + array.tobytes()


def prepare(folder, count):
    """A configuration and two data files of `count` samples."""
    images = np.random.default_rng(1).integers(0, 256, (count, 8, 8), dtype=np.uint8)
    (folder / "images").write_bytes(idx(images))
    (folder / "labels").write_bytes(idx((images[:, 0, 0] % 10).astype(np.uint8)))
    (folder / "net.toml").write_text(NETWORK)


def words(folder, *arguments, change="pass"):
    """The command line. `change` is Python that changes the board (`tests.drivers.fake_build`)."""
    program = (
        "import sw.terminal.progress, sw.host.simulated_board as s\n"
        f"s.BUILD = {build_command(folder, change)!r}\n"
        "sw.terminal.progress.LINE_EVERY = 0\n"
        "from sw.cli.command_line import main\n"
        "main()\n"
    )
    return [sys.executable, "-c", program, *map(str, arguments)]


def start(folder, *arguments, change="pass", shell=None, **options):
    """The process; `shell` may be words of a shell's script before it."""
    command = words(folder, *arguments, change=change)
    if shell is not None:
        command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    return subprocess.Popen(command, cwd=folder, text=True, **options)


def wait_until_it_trains(process):
    """Read its standard error, plain lines, up to the first one of the pass."""
    while not process.stderr.readline().startswith("training on"):
        assert process.poll() is None

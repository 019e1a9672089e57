"""The process of the user: a board that is opened, used and closed leaves everything else as it was."""

import json
import subprocess
import sys

import pytest

from tests.drivers.fake_build import build_command
from tests.drivers.program import GEOMETRY

PROGRAM = """
import decimal, gc, json, locale, logging, multiprocessing, os, random, resource, signal, socket, sys, threading, warnings
import numpy as np
if {torch_first}:
    import torch
    torch.set_num_threads(3)

def state():
    found = {{
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "umask": [os.umask(0o22), os.umask(0o22)],
        "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "wakeup": signal.set_wakeup_fd(-1),
        "limits": [resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")],
        "arguments": sys.argv,
        "recursion": sys.getrecursionlimit(),
        "switch": sys.getswitchinterval(),
        "digits": sys.get_int_max_str_digits(),
        "hooks": [str(hook) for hook in (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook)],
        "streams": [(str(stream), os.get_blocking(stream.fileno())) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "log": (str(logging.root.handlers), logging.root.level, str(logging.getLogger().filters)),
        "warnings": [str(one) for one in warnings.filters],
        "numpy": (np.geterr(), str(np.geterrcall()), np.get_printoptions()["precision"]),
        "random": (hash(random.getstate()), np.random.get_state()[1].tolist()),
        "decimal": str(decimal.getcontext()),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "start": multiprocessing.get_start_method(allow_none=True),
        "timeout": socket.getdefaulttimeout(),
        "path": sys.path,
    }}
    if "torch" in sys.modules:
        import torch
        found["torch"] = [
            torch.get_num_threads(), torch.get_num_interop_threads(), torch.is_grad_enabled(), str(torch.get_default_dtype()),
            torch.get_rng_state().tolist(), torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(),
        ]
    return found

def open_things():
    children = len(os.listdir("/proc/self/task")), sorted(os.listdir("/proc/self/fd"))
    return threading.active_count(), children

before = state()
import sw.host
imported = state()
from sw.host import known_boards, open_board, simulated_board
simulated_board.BUILD = {build!r}
from tests.drivers.fake_port import FakePort, board_like
pixels, labels = np.random.default_rng(1).integers(0, 2, (300, 64), dtype=np.uint8), np.arange(300) % 10
with FakePort(board_like("ulx3s-85f")) as port:
    given = {{"twin": {{}}, "sim": {{"geometry": {geometry!r}}}, "ulx3s": {{"port": port.name}}}}[{board!r}]
    for turn in range(2):
        with open_board({board!r}, **given) as board:
            board.begin(layers=(64, 20, 10))
            board.train(pixels, labels)
            board.save("a.npz")
            board.load("a.npz")
            board.predict(pixels)
            board.weights, board.counters(), board.samples
            within = state()
        if turn == 0:
            opened = open_things()
    leaks = opened != open_things()
after = state()
"""

REPORT = """
if {alone}:  # what torch changes when it is imported is its own
    for found in (within, after):
        assert [found.pop("torch")[0], found["warnings"]] == {alone}
        found["warnings"] = before["warnings"]
print(json.dumps([[name for name in before if before[name] != other[name]] for other in (imported, within, after)] + [leaks]))
"""


def torch_alone():
    """The threads and the filters of warnings after torch has been imported."""
    program = "import torch, warnings, json; print(json.dumps([torch.get_num_threads(), list(map(str, warnings.filters))]))"
    return json.loads(subprocess.check_output([sys.executable, "-c", program]))


@pytest.mark.parametrize(("board", "torch_first"), [("twin", True), ("twin", False), ("sim", False), ("ulx3s", True)])
def test_nothing_outside_the_call_changes(tmp_path, monkeypatch, board, torch_first):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    build = build_command(tmp_path)
    alone = torch_alone() if board == "twin" and not torch_first else []
    given = {"board": board, "torch_first": torch_first, "build": build, "geometry": GEOMETRY, "alone": alone}
    program = (PROGRAM + REPORT).format(**given)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.split("\n")[-2]) == [[], [], [], False]

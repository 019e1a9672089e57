"""The documentation site, `make docs`: pages and what they link to, laid out as in the repository, then MkDocs.

    .venv/bin/python -P .ci/site.py [FOLDER]

Links between pages and to pictures then work as they stand. The page of the Python names comes from docstrings. A warning,
such as a link or an anchor that leads nowhere, is an error. Exits with MkDocs' status; the site is in FOLDER/html, by default
build/site.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

from metaplast import PLACES

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "sw/data/mnist_1bit/README.md")
LINK = re.compile(r"\]\(([^()\s]+)[^()]*\)")
QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # Material's advertisement of another program
NAMES = """# Python names

What `import metaplast` gives. [The host](host.md#from-python) and [sensors](sensors.md) show them at work.

"""


def linked(page: Path) -> list[Path]:
    """The files of the repository that a page links to."""
    links = (unquote(link).partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8")))
    targets = ((page.parent / link).resolve() for link in links if link and not re.match(r"[a-z]+:", link))
    return [target for target in targets if target.is_file() and target.is_relative_to(ROOT)]


def lay_out(source: Path) -> None:
    """Make the folder that MkDocs reads."""
    shutil.rmtree(source, ignore_errors=True)
    pages = [page for pattern in PAGES for page in sorted(ROOT.glob(pattern))]
    for file in {*pages, *(target for page in pages for target in linked(page))}:
        place = source / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)
    names = "".join(f"::: {module}.{name}\n\n" for name, module in sorted(PLACES.items()))
    (source / "docs" / "python.md").write_text(NAMES + names, encoding="utf-8")


def build(folder: Path) -> tuple[int, list[str]]:
    """MkDocs' status and what it complains of; it reads FOLDER/source and writes FOLDER/html."""
    # The configuration inherits, so that the folder may be any: what is named here is relative to it.
    own = f"INHERIT: {os.path.relpath(ROOT / 'mkdocs.yml', folder)}\ndocs_dir: source\nsite_dir: html\n"
    (folder / "mkdocs.yml").write_text(own, encoding="utf-8")
    command = [sys.executable, "-P", "-m", "mkdocs", "build", "--strict", "--config-file", str(folder / "mkdocs.yml")]
    done = subprocess.run(command, env=os.environ | QUIET, capture_output=True, text=True, check=False)
    # With --quiet MkDocs would not count its warnings.
    return done.returncode, [line for line in done.stderr.splitlines() if line and not line.startswith("INFO ")]


def main() -> None:
    """The command line."""
    folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / "build" / "site").absolute()
    lay_out(folder / "source")
    status, told = build(folder)
    print(*told, sep="\n", end="\n" if told else "", file=sys.stderr)
    if status == 0:
        print(folder / "html" / "index.html")
    sys.exit(status)


if __name__ == "__main__":
    main()

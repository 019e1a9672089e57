"""A virtual environment that was copied with its checkout: it runs the code of the other place."""

import json
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from sw.tree.sources import ROOT

SETUP = ".ci/setup"


def wrong_code(program: str) -> str | None:
    """One sentence if `program` belongs to another checkout than the code that runs, or None.

    A program, or a Python, in `.venv` of a checkout is meant to run the code of that checkout. Code that was put first on
    purpose, with PYTHONPATH, is not the installed code, and no mistake.
    """
    if _installed() != ROOT:
        return None
    for environment in (Path(program).absolute().parent.parent, Path(sys.prefix)):
        checkout = environment.parent
        if environment.name == ".venv" and (checkout / SETUP).exists() and checkout.resolve() != ROOT.resolve():
            return f"{environment} is a copy and would run the code of {ROOT}: run make setup in {checkout}"
    return None


def _installed() -> Path | None:
    """The checkout that this environment imports from, as pip has noted it (PEP 610), or None for an installed package."""
    try:
        noted = json.loads(distribution("metaplast").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    if not noted.get("dir_info", {}).get("editable"):
        return None
    return Path(url2pathname(urlsplit(noted["url"]).path))

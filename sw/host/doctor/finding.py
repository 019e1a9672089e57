"""One thing that was looked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is there or not. `remedy` is empty where nothing has to be done.

    What is not `needed` serves only some commands, or makes them faster: it is told and is no failure.
    """

    what: str
    found: str
    remedy: str = ""
    needed: bool = True

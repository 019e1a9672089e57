"""Lines for a shell that run as they stand: the program as it was started, every word quoted."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NAME = "metaplast"
WINDOWS = os.name == "nt"
ROOT = Path(__file__).parents[2]  # of a checkout, where the Makefile is


def program() -> str:
    """What starts `metaplast` in the folder that this program stands in: its name where that is enough, else its path."""
    suffix = ".exe" if WINDOWS else ""
    script = Path(sys.argv[0]) if Path(sys.argv[0]).stem == NAME else Path(sys.executable).with_name(NAME)
    script = script.with_suffix(suffix)
    on_path = shutil.which(NAME)
    if on_path is not None and script.exists() and Path(on_path).samefile(script):
        return NAME
    if os.access(script, os.X_OK):
        return shell_word(str(script) if os.sep in str(script) else os.path.join(os.curdir, script))  # noqa: PTH118
    return shell_line([sys.executable, "-P", "-m", "sw.cli"])


def make(target: str) -> str:
    """The command that makes a target of the Makefile, from the folder that this program stands in."""
    if not (ROOT / "Makefile").exists() or Path.cwd() == ROOT:
        return f"make {target}"
    return shell_line(["make", "-C", str(ROOT), target])


def shell_line(words: Iterable[str]) -> str:
    """Words as one line."""
    return " ".join(map(shell_word, words))


def shell_word(word: str) -> str:
    """A word quoted; where a terminal would not show it as it is (not UTF-8, control characters), in octal bytes of a shell of
    POSIX. On Windows as its own programs read it."""
    if WINDOWS:
        return subprocess.list2cmdline([word])
    encoding = getattr(sys.stderr, "encoding", None) or "ascii"
    try:
        word.encode(encoding)
        shows = word.isprintable()
    except UnicodeEncodeError:
        shows = False
    if shows:
        return shlex.quote(word)
    plain = (chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\" else f"\\{byte:03o}" for byte in os.fsencode(word))
    return f"$'{''.join(plain)}'"

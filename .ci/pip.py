"""pip with the user's settings of where packages come from, and with none of those that change what an installation is.

    .venv/bin/python -I .ci/pip.py install NAME

`PIP_USER`, `PIP_TARGET`, `PIP_NO_DEPS`, `PIP_CONSTRAINT` and their like, from the environment or a pip.conf, are for other
installations than this one. An index, its certificates, a proxy and the cache are the same for all.
"""

import ast
import os
import subprocess
import sys

KEPT = (
    "index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "trusted-host", "keyring-provider",
    "proxy", "cert", "client-cert", "timeout", "default-timeout", "retries", "use-feature",
    "cache-dir", "no-cache-dir",
)  # fmt: skip
SECTIONS = ("global", "install")  # of a pip.conf, the weaker first
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check")


def of_files(environment: dict[str, str]) -> dict[str, str]:
    """The settings of every pip.conf that pip reads. Ends the program where pip cannot read one."""
    listed = subprocess.run([*PIP, "config", "list"], env=environment, capture_output=True, text=True)
    if listed.returncode:
        sys.exit(f"pip cannot read its settings: {' '.join(listed.stderr.split())}")
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        if section in found:
            found[section][option] = str(ast.literal_eval(value))
    return {option: value for section in SECTIONS for option, value in found[section].items()}


def main() -> None:
    """Become pip."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    files = {"PIP_CONFIG_FILE": own["PIP_CONFIG_FILE"]} if "PIP_CONFIG_FILE" in own else {}
    settings = of_files(environment | files)
    settings |= {name.removeprefix("PIP_").lower().replace("_", "-"): value for name, value in own.items()}
    kept = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items() if name in KEPT}
    # os.devnull: pip then reads no file at all.
    os.execve(PIP[0], [*PIP, *sys.argv[1:]], environment | kept | {"PIP_CONFIG_FILE": os.devnull})


if __name__ == "__main__":
    main()

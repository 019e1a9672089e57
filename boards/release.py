"""Gathers the bitstreams of a release, each with the report that was committed for it.

    python -m boards.release
    python -m boards.release --boards ulx3s-85f,icebreaker

Leaves `build/release/metaplast-VERSION` (BOARD.bit, .bin or .fs, BOARD.json, manifest.json, SHA256SUMS) and the same as a
.tar.gz without times and owners. A bitstream that is not the one of its committed report, or whose sources are not those at
hand, is refused and nothing is written. Exit status 0: gathered. 1: refused. 2: what was asked for is not there.
"""

import argparse
import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from boards.catalogue import TARGETS, find
from boards.error import BuildError, RequestError
from boards.identity import source_hash
from boards.report import REPORTS, WORK
from sw.contract import CONTRACT_VERSION
from sw.contract.frames import VERSION as PROTOCOL_VERSION
from sw.files.error import FileError
from sw.files.input import read_object
from sw.files.output import make_folder, write_bytes
from sw.files.streams import take_every_word

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
TOLD = ("device", "layers", "geometry", "clock_mhz", "asked_mhz", "samples_per_second", "baud", "seed", "tools", "sources")


def gathered(name: str, sources: str, builds: Path, reports: Path) -> dict[str, bytes]:
    """The files of a board by the names that they have in a release: its bitstream, then its report.

    Raises `RequestError` where one is missing, `BuildError` where they do not belong together or are of other sources.
    """
    committed = reports / f"{name}.json"
    if not committed.exists():
        raise RequestError(f"{name} has no report in {reports}: python -m boards.build --board {name} --keep")
    report = read_object(committed)
    bitstream = builds / name / report["bitstream"]
    if not bitstream.exists():
        raise RequestError(f"{bitstream} is missing: make bitstream BOARD={name}, or name the others with --boards")
    if report["sources"] != sources:
        raise BuildError(f"the report of {name} is of other sources: python -m boards.build --board {name} --keep")
    content = bitstream.read_bytes()
    if (made := hashlib.sha256(content).hexdigest()) != report["sha256"]:
        raise BuildError(
            f"{bitstream} has the SHA-256 {made}, expected {report['sha256']} of its report: make bitstream BOARD={name}"
        )
    return {f"{name}{bitstream.suffix}": content, f"{name}.json": committed.read_bytes()}


def manifest(names: list[str], files: Mapping[str, bytes]) -> dict[str, Any]:
    """What the release holds: versions, and for each board its bitstream's name, hash, network and tools."""
    boards = {}
    for name in names:
        report = json.loads(files[f"{name}.json"])
        file = f"{name}{Path(report['bitstream']).suffix}"
        boards[name] = {"bitstream": file, "sha256": report["sha256"], **{field: report[field] for field in TOLD}}
    return {"metaplast": version("metaplast"), "contract": CONTRACT_VERSION, "protocol": PROTOCOL_VERSION, "boards": boards}


def release(names: list[str], builds: Path, reports: Path) -> dict[str, bytes]:
    """Every file of the release. Raises `RequestError`, `BuildError`; see `gathered`."""
    sources = source_hash()
    files: dict[str, bytes] = {}
    for name in names:
        files |= gathered(name, sources, builds, reports)
    files[MANIFEST] = (json.dumps(manifest(names, files), indent=2) + "\n").encode()
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    return files | {SUMS: "".join(sums).encode()}


def packed(folder: str, files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz of `files` in `folder`, without times, owners and whatever else is of one machine."""
    raw = io.BytesIO()
    with tarfile.TarFile(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def main(arguments: list[str] | None = None, *, builds: Path = WORK, reports: Path = REPORTS) -> int:
    """The command line. Returns the exit status."""
    take_every_word()
    parser = argparse.ArgumentParser(prog="boards.release", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--boards", help="names with commas; every board by default", default=",".join(TARGETS))
    parser.add_argument("--output", type=Path, default=WORK / "release", metavar="FOLDER", help="where folder and archive go")
    given = parser.parse_args(arguments)
    folder = given.output / f"metaplast-{version('metaplast')}"
    archive = folder.with_name(f"{folder.name}.tar.gz")
    try:
        names = list(dict.fromkeys(find(name.strip()).name for name in given.boards.split(",")))
        files = release(names, builds, reports)
        make_folder(folder)
        if stray := sorted(path.name for path in folder.iterdir() if path.name not in files):
            raise RequestError(f"{folder} holds {', '.join(stray)}, which is not of this release: take it away")
        for name, content in files.items():
            write_bytes(folder / name, content)
        write_bytes(archive, packed(folder.name, files))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.status
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"{len(names)} bitstreams in {folder}\n{archive}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

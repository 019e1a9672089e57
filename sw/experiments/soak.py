"""Long runs on bad lines: every sample has to be learned once, in order, whatever happens on the way.

    python -m sw.experiments.soak --scale 1 --seed 1 --json results/soak.json

`--scale 0.01` takes a hundredth of every count, `--kills N` so many of the slowest, `--only NAME` one section, beside those
that the file has. Each says what it does, with counts, scale, seed and seconds. Exit status 1 where anything was learned
wrongly, or hung. Sections: frames, frames-rtl, acknowledgements, resets, cable, ports, kills; with a sample memory: playback,
playback-rtl, playback-resets, playback-flips, playback-kills.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sw.experiments.program import main
from sw.experiments.results import known, prepare
from sw.experiments.soaking import crowds, frames, killed, lines, memories
from sw.experiments.soaking.killed import KILLS
from sw.files.output import write_json
from sw.host.error import InputError
from sw.terminal.speech import say, tell

RESULTS = Path("results") / "soak.json"
WRONG = 1

Section = Callable[[float, int], dict[str, Any]]
SECTIONS: dict[str, Section] = {
    "frames": frames.on_the_model,
    "frames-rtl": frames.on_the_gateware,
    "acknowledgements": lines.acknowledgements,
    "resets": lines.resets,
    "cable": lines.cable,
    "ports": crowds.ports,
    "kills": killed.kills,
    "playback": memories.playback,
    "playback-rtl": memories.playback_on_the_gateware,
    "playback-resets": memories.resets,
    "playback-flips": memories.flips,
    "playback-kills": killed.kills_during_playback,
}
FAILURES = ("wrong_updates", "hangs", "differences", "not_refused", "lost")


def summary(sections: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The counts of all sections together, by the names that stay."""

    def total(name: str) -> int:
        return sum(section.get(name, 0) for section in sections.values())

    kept = ("frames_fuzzed", "wrong_updates", "hangs", "acknowledgement_faults", "differences", "kills", "identical_resumes")
    return {name: total(name) for name in kept}


def failed(sections: dict[str, dict[str, Any]]) -> bool:
    """Whether anything went wrong."""
    wrong = any(section.get(name, 0) for section in sections.values() for name in FAILURES)
    return wrong or any(section.get("kills", 0) != section.get("identical_resumes", 0) for section in sections.values())


def experiment(
    scale: Annotated[float, typer.Option(help="Of every count.", min=0.0)] = 1.0,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.", min=0)] = 1,
    only: Annotated[str | None, typer.Option(help="One section.")] = None,
    kills: Annotated[int | None, typer.Option(help="Hosts that are killed; SCALE of 400 by default.", min=1)] = None,
    json: Annotated[Path, typer.Option(help="JSON file to write the result to.")] = RESULTS,
) -> int:
    """Run all sections; exit status 1 where something was learned wrongly."""
    if only is not None and only not in SECTIONS:
        raise InputError(f"there is no section {only}: choose one of {', '.join(SECTIONS)}")
    prepare(json)
    sections: dict[str, dict[str, Any]] = {}
    if only:  # the others stay as they were
        sections = known(json).get("sections", {})
    for name in [only] if only else SECTIONS:
        began = time.monotonic()
        share = kills / KILLS if kills is not None and name == "kills" else scale
        section = SECTIONS[name](share, seed)
        sections[name] = section | {"scale": share, "seed": seed, "seconds": round(time.monotonic() - began, 1)}
        say(f"{name}: {', '.join(f'{key} {value}' for key, value in sections[name].items())}")
        write_json(json, summary(sections) | {"sections": sections})
    tell(f"{json}: {'WRONG' if failed(sections) else 'nothing wrong'}")
    return WRONG if failed(sections) else 0


if __name__ == "__main__":
    main(experiment)

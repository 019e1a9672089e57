"""`metaplast init`: a checkpoint before any training."""

from pathlib import Path
from typing import Annotated

import typer

from sw.files.output import check_outputs
from sw.host.checkpoint import Checkpoint
from sw.terminal.opening import read_configuration
from sw.terminal.options import Save
from sw.terminal.speech import tell


def init(config: Annotated[Path, typer.Option("--config", help="TOML file of a network.", metavar="F")], save: Save) -> None:
    """Make a checkpoint with the initial weights of a network."""
    check_outputs({"--save": save}, {"--config": config})
    network, rehearsal = read_configuration(config)
    checkpoint = Checkpoint.initial(network).rehearsing(rehearsal)
    checkpoint.save(save)
    layers = "-".join(map(str, checkpoint.network.layers))
    tell(f"{save}: {layers}, no samples, weights CRC-32 {checkpoint.weights_crc32:08x}")

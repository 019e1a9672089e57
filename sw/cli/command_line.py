"""The console script `metaplast`: every command."""

import sys

from sw.cli.board_list import boards
from sw.cli.doctor import doctor
from sw.cli.evaluate import evaluate
from sw.cli.experiment import experiment
from sw.cli.init import init
from sw.cli.page import page
from sw.cli.selftest import selftest
from sw.cli.simulate import simulate
from sw.cli.train import train
from sw.cli.verify import verify
from sw.cli.versions import versions
from sw.terminal.application import application
from sw.terminal.run import run, wrong
from sw.tree.checkout import wrong_code

app = application()
app.callback()(versions)
for command in (init, train, evaluate, verify, selftest, boards, doctor, simulate, page):
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)
# What follows an experiment's name belongs to the experiment.
app.command(context_settings={"allow_extra_args": True, "allow_interspersed_args": False})(experiment)


def main() -> None:
    """The console script."""
    copied = wrong_code(sys.argv[0])
    if copied is not None:
        sys.exit(wrong(copied))
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    sys.exit(run(app))

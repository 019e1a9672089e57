"""The options that say who computes, of programs that are no command of `metaplast`."""

from argparse import ArgumentParser


def add_options(parser: ArgumentParser) -> None:
    """`--workers` and `--scheduler`, as `sw.cluster.workers.Workers` has them."""
    parser.add_argument("--workers", type=int, metavar="N", help="processes that share the work; 1: this one; one a core")
    parser.add_argument("--scheduler", metavar="A", help="Dask scheduler whose workers take it, tcp://HOST:PORT")

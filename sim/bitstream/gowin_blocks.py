"""The mode of a Gowin block RAM, from its fuses: they lie in three tiles, by tables of Project Apicula's database.

The same fuses serve Gowin's primitives SP, DPB, SDPB and ROM: there is one block with two ports, whose widths and modes are set
one by one. A fuse that none of the settings below asks for is refused.
"""

from typing import Any

from apycula import attrids

from boards.netlist import NetlistError

Tiles = list[tuple[Any, int]]  # the bits and the type of each of the three tiles
Fuse = tuple[int, int, int]  # tile, row, column

WIDTHS = {"1": 1, "2": 2, "4": 4, "9": 9, None: 18}
WRITE_MODES = {None: 0, "WT": 1, "RBW": 2}
CHOSEN = {f"CS{port}_{i}": "SET" for port in "AB" for i in range(3)}  # by selects that are low
ALWAYS = {"MODE": "ENABLE", "GSR": "DISABLE", **CHOSEN}
NOTHING = {"OUTREG_ASYNC": "RESET"}  # of a reset that never comes
CONTROLS = ("CLK", "CE", "OCE", "WRE", "RESET")


def block_ram(db: Any, tiles: Tiles, wires: dict[str, str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """Type, parameters and pins of a block, as nextpnr names them; `wires` are those of the database. Raises `NetlistError`."""
    found = settings(db, tiles)
    for name, value in ALWAYS.items():
        if found.pop(name, None) != value:
            raise NetlistError(f"a block RAM without the fuses of {name} = {value} is not modelled")
    widths = {port: WIDTHS[found.pop(f"DP{port}_DATA_WIDTH", None)] for port in "AB"}
    modes = {port: WRITE_MODES[found.pop(f"DP{port}_MODE", None)] for port in "AB"}
    whole = [found.pop(f"DBLW{port}", None) == "X36" for port in "AB"]
    left = {name: value for name, value in found.items() if NOTHING.get(name) != value}
    if left or whole[0] != whole[1]:
        raise NetlistError(f"a block RAM with the fuses of {left or 'one port of 36 bits'} is not modelled")
    parameters = {f"BIT_WIDTH_{i}": f"{36 if whole[0] else widths[port]:032b}" for i, port in enumerate("AB")}
    names = [f"{control}{port}" for control in CONTROLS for port in "AB"]
    names += [f"{bus}{port}{i}" for bus, count in (("AD", 14), ("BLKSEL", 3)) for port in "AB" for i in range(count)]
    if whole[0]:
        names += [*(f"{bus}{i}" for bus in ("DI", "DO") for i in range(36)), "OCE"]
        return "SDP", parameters, {name: wires["OCEB" if name == "OCE" else name] for name in names}
    parameters |= {f"WRITE_MODE{i}": f"{modes[port]:032b}" for i, port in enumerate("AB")}
    names += [f"{bus}{port}{i}" for bus in ("DI", "DO") for port in "AB" for i in range(18)]
    return "DP", parameters, {name: wires[name] for name in names}


def as_single(parameters: dict[str, str], pins: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Parameters and pins of an SP: those of port A."""
    named = {"BIT_WIDTH": parameters["BIT_WIDTH_0"], "WRITE_MODE": parameters["WRITE_MODE0"]}
    stems = (*CONTROLS, "AD", "BLKSEL", "DI", "DO")
    return named, {stem + pin.removeprefix(f"{stem}A"): pins[pin] for stem in stems for pin in pins if _is(pin, f"{stem}A")}


def _is(pin: str, stem: str) -> bool:
    return pin.startswith(stem) and not pin.removeprefix(stem).strip("0123456789")


def settings(db: Any, tiles: Tiles) -> dict[str, str]:
    """The settings whose fuses are blown, by name; of several values that one which explains most fuses."""
    codes = db.rev_logicinfo("BSRAM")
    names = {number: name for name, number in attrids.bsram_attrids.items()}
    values = {number: name for name, number in attrids.bsram_attrvals.items()}
    tables: dict[tuple[str, str], set[Fuse]] = {}
    blown: set[Fuse] = set()
    for i, (tile, kind) in enumerate(tiles):
        for key, fuses in db.shortval.get(kind, {}).get("BSRAM_DP", {}).items():
            (code,) = (number for number in key if number)
            name, value = codes[abs(code)]
            tables.setdefault((names[name], values.get(value, str(value))), set()).update((i, *fuse) for fuse in fuses)
            blown |= {(i, *fuse) for fuse in fuses if tile is not None and tile[fuse[0]][fuse[1]]}
    chosen: dict[str, tuple[str, set[Fuse]]] = {}
    for (name, value), fuses in tables.items():
        if fuses <= blown and len(fuses) > len(chosen.get(name, ("", set()))[1]):
            chosen[name] = value, fuses
    if unknown := blown.difference(*(fuses for _, fuses in chosen.values())):
        raise NetlistError(f"no setting of a block RAM explains its fuses {sorted(unknown)}")
    return {name: value for name, (value, _) in chosen.items()}

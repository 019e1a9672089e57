"""The configuration file: TOML with the tables [network], [learning] and [rehearsal], and its JSON form inside a checkpoint."""

import json
from typing import Any

from sw.contract.error import require, shown
from sw.contract.network import Network
from sw.contract.parsing import parse_json, parse_toml
from sw.contract.rehearsal import NONE, Rehearsal

TABLES = {
    "network": ("layers", "init_seed", "init_range"),
    "learning": (
        "learning_rate",
        "metaplasticity",
        "saturation",
        "metaplastic_function",
        "margin",
        "window",
        "activation",
        "gate",
        "scaling",
        "prng",
        "relax_rate",
        "relax_floor",
    ),
    "rehearsal": tuple(NONE.fields),
}


def configuration_from_tables(tables: dict[str, Any]) -> tuple[Network, Rehearsal]:
    """What a parsed file says: {"network": {…}, "learning": {…}, "rehearsal": {…}}, all optional, each field in its own table.

    Raises `ContractError` for an unknown table or field and for a value outside its range.
    """
    fields: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
    for name, table in tables.items():
        require(name in TABLES, f"unknown table [{name}], expected {', '.join(f'[{t}]' for t in TABLES)}")
        require(isinstance(table, dict), f"{name} is {shown(table)}, expected a table [{name}]")
        for field, value in table.items():
            require(field in TABLES[name], f"unknown field {field} in [{name}], expected {', '.join(TABLES[name])}")
            fields[name][field] = value
    return Network.of(**fields["network"], **fields["learning"]), Rehearsal(**fields["rehearsal"])


def configuration_from_toml(text: str) -> tuple[Network, Rehearsal]:
    """What a configuration file says. Raises `ContractError`, also for text that is not TOML."""
    return configuration_from_tables(parse_toml(text, "the configuration"))


def network_from_tables(tables: dict[str, Any]) -> Network:
    """The network alone of `configuration_from_tables`, whose checks are all made."""
    return configuration_from_tables(tables)[0]


def network_from_toml(text: str) -> Network:
    """The network alone of `configuration_from_toml`, whose checks are all made."""
    return configuration_from_toml(text)[0]


def tables_of(network: Network, rehearsal: Rehearsal = NONE) -> dict[str, Any]:
    """The tables of a network with every default resolved; [rehearsal] only where there is one."""
    fields = network.fields()
    tables = {table: {name: fields[name] for name in names} for table, names in TABLES.items() if table != "rehearsal"}
    return tables | ({"rehearsal": rehearsal.fields} if rehearsal.size else {})


def configuration_to_json(network: Network, rehearsal: Rehearsal = NONE) -> str:
    """The JSON text that a checkpoint holds: the tables of the TOML file with defaults resolved (clause 13)."""
    return json.dumps(tables_of(network, rehearsal))


def configuration_from_json(text: str) -> tuple[Network, Rehearsal]:
    """What a checkpoint's JSON text says. Raises `ContractError`, also for text that is not JSON."""
    tables = parse_json(text, "the configuration")
    require(isinstance(tables, dict), "the configuration is not a JSON object with the tables of the TOML file")
    return configuration_from_tables(tables)

"""The configuration file: TOML with the tables [network] and [learning], and its JSON form inside a checkpoint."""

import json
from typing import Any

from sw.contract.error import require, shown
from sw.contract.network import Network
from sw.contract.parsing import parse_json, parse_toml

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
        "prng",
        "relax_rate",
        "relax_floor",
    ),
}


def network_from_tables(tables: dict[str, Any]) -> Network:
    """The network of a parsed file: {"network": {…}, "learning": {…}}, both optional, each field in its own table.

    Raises `ContractError` for an unknown table or field and for a value outside its range.
    """
    fields: dict[str, Any] = {}
    for name, table in tables.items():
        require(name in TABLES, f"unknown table [{name}], expected {' and '.join(f'[{t}]' for t in TABLES)}")
        require(isinstance(table, dict), f"{name} is {shown(table)}, expected a table [{name}]")
        for field, value in table.items():
            require(field in TABLES[name], f"unknown field {field} in [{name}], expected {', '.join(TABLES[name])}")
            fields[field] = value
    return Network.of(**fields)


def network_from_toml(text: str) -> Network:
    """The network that a configuration file describes. Raises `ContractError`, also for text that is not TOML."""
    return network_from_tables(parse_toml(text, "the configuration"))


def tables_of(network: Network) -> dict[str, Any]:
    """The tables of a network with every default resolved."""
    fields = network.fields()
    return {table: {name: fields[name] for name in names} for table, names in TABLES.items()}


def network_to_json(network: Network) -> str:
    """The JSON text that a checkpoint holds: the tables of the TOML file with defaults resolved (clause 13)."""
    return json.dumps(tables_of(network))


def network_from_json(text: str) -> Network:
    """The network of a checkpoint's JSON text. Raises `ContractError`, also for text that is not JSON."""
    tables = parse_json(text, "the configuration")
    require(isinstance(tables, dict), "the configuration is not a JSON object with the tables of the TOML file")
    return network_from_tables(tables)

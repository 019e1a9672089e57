"""The points of `sample-value`, by name: what its tables and pictures find them by."""

WITH, WITHOUT = "with the rule", "without it"


def point_name(rule: str, records: int, every: int) -> str:
    """`rule` is `WITH` or `WITHOUT`; of `records` past samples one is learned again after `every` new ones."""
    return f"{rule}, {f'{records} records, every {every}' if records else 'nothing stored'}"

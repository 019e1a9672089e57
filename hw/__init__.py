"""The gateware, in Amaranth: the systolic array, what feeds it and the link. It imports `sw.contract` for every number."""

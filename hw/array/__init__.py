"""The systolic array: cells that hold hidden weights, the grid that they form, the sum that leaves it.

`SynapseArray` and `Cell` are components: a netlist has them as modules. What is inside a cell are functions, `add_…`, that add
to its pipeline (`hw.array.pipeline`), or return an expression: synthesis sees a cell as one, and makes it once.
"""

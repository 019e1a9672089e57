"""The systolic array: cells that hold hidden weights, the grid that they form, the sum that leaves it."""

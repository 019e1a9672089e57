"""Benches: cocotb testbenches of the gateware, their drivers, and the simulated board."""

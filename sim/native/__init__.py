"""The simulated board: the whole accelerator, Verilog from Amaranth, compiled to a native program by Verilator."""

"""Properties of single blocks of the gateware, proved for all inputs and all times (`python -m formal.run`)."""

"""Everything that runs on the host: contract, twin, data sets, device, experiments."""

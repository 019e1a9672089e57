"""Named experiments: each leaves a JSON file in `results/` and pictures beside it."""

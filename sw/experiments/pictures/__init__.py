"""The pictures of the experiments, drawn from their results: what a JSON file says, and nothing else, is in its pictures."""

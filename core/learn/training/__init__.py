"""One training loop for every network: where rows come from, steps, early stopping, checkpoints."""

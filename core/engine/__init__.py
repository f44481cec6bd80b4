"""Runs a scenario: seeds, luck, budgets, adoption; discovery; conformance."""

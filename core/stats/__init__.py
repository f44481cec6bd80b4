"""Means, ratios and comparisons over seeds, each with its interval."""

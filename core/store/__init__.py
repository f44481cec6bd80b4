"""Runs on disk, and queries over them."""

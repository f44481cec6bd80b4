"""Worlds: seeded, vectorised generators and the physics or behaviour behind them; no learning."""

"""Networks as small modules. Every module here imports torch, so nothing imports one before it trains.

Shapes use M members of a stack, B rows of a batch, F features, W width, T targets, S steps of a sequence.
"""

"""The learning core: every industry learns through this package.

A trained model is plain data (arrays, texts), so it can be copied, sent to a worker and kept without
pickle; torch and lightgbm are loaded when something is trained, or when trees are asked.
"""

"""Estimators with the interface of scikit-learn; each keeps a model of plain data in ``model_``."""

"""Hot strip rolling: from a forecast of force to metres of strip on gauge."""

from usecases.rolling_mill.usecase import RollingMill

USECASE = RollingMill()

__all__ = ["USECASE", "RollingMill"]

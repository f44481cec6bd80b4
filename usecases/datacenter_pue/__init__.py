"""Data-centre cooling: from a forecast of PUE to kilowatt-hours saved."""

from usecases.datacenter_pue.usecase import DataCenterPue

USECASE = DataCenterPue()

__all__ = ["USECASE", "DataCenterPue"]

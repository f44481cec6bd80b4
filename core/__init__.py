"""SectorLab's engine: it knows no industry."""

__version__ = "0.1.0"

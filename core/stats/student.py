"""Quantiles of Student's t distribution."""

from __future__ import annotations


def two_sided(level: float, n: float) -> float:
    """How many standard errors the interval of a mean reaches to each side.

    The ``(1 + level) / 2`` quantile of Student's t with ``n - 1`` degrees of freedom [1]_.

    Parameters
    ----------
    level
        Confidence, between 0 and 1.
    n
        Size of the sample, at least 2; one more than the degrees of freedom where these are no whole number.

    Raises
    ------
    ValueError
        When the level is not inside (0, 1).

    References
    ----------
    .. [1] Student (1908), The probable error of a mean, Biometrika 6(1), 1-25.

    Examples
    --------
    >>> round(two_sided(0.95, 10), 3)
    2.262
    """
    from scipy.special import stdtrit

    if not 0.0 < level < 1.0:
        raise ValueError(f"level is {level}: confidence lies between 0 and 1, both excluded")
    return float(stdtrit(n - 1, (1.0 + level) / 2.0))

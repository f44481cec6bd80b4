"""Surfaces through noisy points: the arithmetic is that of the book, and bands hold as often as they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.protocol import Array
from core.sweep.design import Axis, sobol
from core.sweep.surface import Surface, conformal, find, held, lay, left_out, swells, unlikely

NUMBERS = Surface(3.0, 2.0, 1.5, 0.2, (0.4, 0.9, 30.0), (0.0, 0.0, 0.0), 1.0)
Curve = Callable[[Array], Array]
Noise = Callable[[np.random.Generator, Array], Array]


def spread(points: int, columns: int, rng: np.random.Generator) -> Array:
    axes = [Axis(str(i), (), 0.0, 1.0) for i in range(columns)]
    return np.array([list(one.values()) for one in sobol(axes, points, rng)])


def bent(x: Array) -> Array:
    return np.asarray(2.0 * np.sin(4.0 * x[:, 0]) + x[:, 1] ** 2 + x[:, 2] * x[:, 0])


def even(rng: np.random.Generator, x: Array) -> Array:
    return 0.4 * rng.normal(size=len(x))


@pytest.fixture
def some() -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    x = rng.random((25, 3))
    return x, 3.0 + bent(x) + even(rng, x)


# --- arithmetic -----------------------------------------------------------------------------------


def test_likelihood_and_slope_are_those_of_scikit_learn(some: tuple[Array, Array]) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    x, y = some
    process = GaussianProcessRegressor(
        ConstantKernel() * Matern(np.ones(3), nu=2.5) + WhiteKernel(), alpha=0.0, optimizer=None
    ).fit(x, NUMBERS.scaled(y))
    squares = (x[:, None] - x[None]) ** 2
    for logs in np.random.default_rng(2).normal(size=(5, 5)):
        likelihood, slope = process.log_marginal_likelihood(logs, eval_gradient=True)
        found, along = unlikely(logs, squares, NUMBERS.scaled(y))
        assert found == pytest.approx(-likelihood, rel=1e-9)
        np.testing.assert_allclose(along, -slope, rtol=1e-7, atol=1e-9)


def test_estimates_are_those_of_scikit_learn(some: tuple[Array, Array]) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    x, y = some
    kernel = ConstantKernel(NUMBERS.signal) * Matern(NUMBERS.lengths, nu=2.5) + WhiteKernel(NUMBERS.noise)
    process = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None).fit(x, NUMBERS.scaled(y))
    laid = lay((NUMBERS, NUMBERS), x, np.stack([y, y]))
    for place in np.random.default_rng(3).random((10, 3)):
        mean, half = laid.at(place)
        expected, deviation = process.predict(place[None], return_std=True)
        assert mean == pytest.approx(np.repeat(3.0 + 2.0 * expected, 2), rel=1e-9)
        assert half == pytest.approx(np.repeat(2.0 * deviation, 2), rel=1e-6)


def test_points_are_left_out_as_if_one_by_one(some: tuple[Array, Array]) -> None:
    x, y = some
    scores = left_out(NUMBERS, x, y)
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        mean, half = lay((NUMBERS,), x[others], y[None, others]).at(x[i])
        assert scores[i] == pytest.approx(abs(y[i] - mean[0]) / half[0], rel=1e-9)


def test_the_factor_is_a_quantile_of_finite_samples() -> None:
    rng = np.random.default_rng(4)
    beyond = [rng.random() > conformal(rng.random(49)) for _ in range(4_000)]
    assert np.mean(beyond) == pytest.approx(0.1, abs=0.015)  # three standard errors


def test_what_swells_is_found_and_mere_luck_is_not() -> None:
    rng = np.random.default_rng(5)
    x = spread(256, 3, rng)
    found = swells(x, np.abs(rng.normal(size=256)) * np.exp(2.0 * x[:, 0]))
    np.testing.assert_allclose(found, [2.0, 0.0, 0.0], atol=0.6)


# --- bands ----------------------------------------------------------------------------------------


def worlds(
    curve: Curve, noise: Noise, points: int, columns: int, number: int, fresh: int = 100
) -> Iterator[tuple[Array, Array, Array, Array, Surface, Array]]:
    """Lay a surface through points of many made-up sweeps.

    Yields fresh places with new values there, and mean and half-widths; then what the fit knew.
    """
    for repetition in range(number):
        rng = np.random.default_rng([points, columns, repetition])
        x, place = spread(points, columns, rng), rng.random((fresh, columns))
        y, new = curve(x) + noise(rng, x), curve(place) + noise(rng, place)
        found = find(x, y)
        laid = lay((found,), x, y[None])
        yield place, new, np.array([laid.at(one) for one in place])[:, :, 0], x, found, y


def share(curve: Curve, noise: Noise, points: int, columns: int, number: int) -> float:
    """Give the share of fresh values inside the band."""
    inside = [
        np.abs(new - told[:, 0]) <= told[:, 1]
        for _, new, told, *_ in worlds(curve, noise, points, columns, number)
    ]
    return float(np.mean(inside))


def test_a_known_function_without_noise_is_recovered_tightly() -> None:
    for place, new, told, *_ in worlds(bent, lambda rng, x: 0.0 * x[:, 0], 96, 3, 1):
        assert np.abs(told[:, 0] - new).max() < 0.05
        assert told[:, 1].max() < 0.05
        assert np.ptp(bent(place)) > 3.0


NOISES: dict[str, Noise] = {
    "even": even,
    "growing": lambda rng, x: 1.2 * x[:, 0] ** 2 * rng.normal(size=len(x)),
    "lopsided": lambda rng, x: 0.4 * (rng.exponential(size=len(x)) - 1.0),
    "wild": lambda rng, x: 0.3 * rng.standard_t(3, size=len(x)),
}


@pytest.mark.parametrize("noise", NOISES)
def test_the_band_holds_nine_in_ten_fresh_values(noise: str) -> None:
    """Twelve sweeps with 1,200 fresh values.

    Sweep by sweep the share has a standard deviation of .05, so their mean one of .015: 85 and 95 % lie three
    of them from 90 %. (The draws are fixed: it fails when the code changes, not by luck.)
    """
    assert 0.85 <= share(bent, NOISES[noise], 64, 4, 12) <= 0.95


def test_few_points_in_many_columns_do_not_flatter_the_band() -> None:
    """Numbers that had seen the points left out would make a band that holds eight in ten."""
    assert share(bent, NOISES["lopsided"], 40, 6, 12) >= 0.85


def test_luck_is_not_taken_for_a_surface() -> None:
    """Of luck alone nothing can be foreseen; a surface of any lengths would err half as much again."""
    worse = [
        np.mean((new - told[:, 0]) ** 2) / new.var()
        for _, new, told, *_ in worlds(
            lambda x: 0.0 * x[:, 0],
            lambda rng, x: x[:, 0] * np.exp(rng.normal(size=len(x))) * rng.choice([-1.0, 1.0], len(x)),
            48, 6, 8, 200,
        )
    ]  # fmt: skip
    assert np.mean(worse) < 1.15


def test_where_luck_grows_the_band_does() -> None:
    """At the end where most happens it holds as well; a band of one width would hold seven in ten."""
    inside, narrow = [], []
    for place, new, told, *_ in worlds(
        lambda x: 2.0 * x[:, 0], lambda rng, x: 0.8 * x[:, 0] * rng.normal(size=len(x)), 64, 3, 12, 400
    ):
        end = place[:, 0] > 0.8
        beyond = np.abs(new - told[:, 0])
        inside.append((beyond <= told[:, 1])[end].mean())
        narrow.append((beyond <= np.quantile(beyond, 0.9))[end].mean())
    assert np.mean(inside) > 0.85
    assert np.mean(narrow) < 0.75


@pytest.mark.parametrize(
    ("noise", "low", "high"),
    [
        (lambda rng, x: 0.5 * rng.choice([-1.0, 1.0], size=len(x)), 0.9, 1.5),
        (
            lambda rng, x: np.where(rng.random(len(x)) < 0.15, 5.0, 0.2) * rng.choice([-1.0, 1.0], len(x)),
            1.9,
            3.5,
        ),
    ],
    ids=["coin", "outliers"],
)
def test_the_factor_follows_noise_that_is_not_gaussian(noise: Noise, low: float, high: float) -> None:
    """Of Gaussian noise it would be 1.64; a coin never falls further than one deviation, outliers do."""
    (found,) = [found for *_, found, _ in worlds(bent, noise, 200, 3, 1, 1)]
    assert low < found.factor < high


def test_held_out_points_tell_how_often_a_band_holds() -> None:
    """What is measured is what fresh values meet, on average over sweeps: within three standard errors."""
    measured, met = [], []
    for _, new, told, x, found, y in worlds(bent, even, 64, 4, 6, 200):
        measured.append(held(x, y, found) / len(y))
        met.append(np.mean(np.abs(new - told[:, 0]) <= told[:, 1]))
    assert np.mean(measured) == pytest.approx(np.mean(met), abs=0.055)


def test_a_band_that_is_too_narrow_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.sweep.surface.conformal", lambda scores: 0.8)
    for *_, x, found, y in worlds(bent, even, 64, 4, 1):
        assert held(x, y, found) < 0.75 * len(y)


# --- what could go wrong --------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.0, 7.3e9, -1e-9])
def test_values_that_are_all_the_same(value: float) -> None:
    x = spread(40, 2, np.random.default_rng(6))
    y = np.full(40, value)
    found = find(x, y)
    mean, half = lay((found,), x, y[None]).at(np.array([0.3, 0.8]))
    assert (mean[0], half[0]) == (pytest.approx(value), 0.0)
    assert held(x, y, found) == 40


@pytest.mark.filterwarnings("error")
def test_values_that_are_almost_all_the_same() -> None:
    x = spread(48, 2, np.random.default_rng(7))
    y = np.zeros(48)
    y[5] = 1.0
    found = find(x, y)
    assert np.isfinite([found.factor, found.noise, *found.lengths]).all()
    assert 44 <= held(x, y, found) <= 48


def test_units_do_not_matter() -> None:
    rng = np.random.default_rng(8)
    x = spread(48, 3, rng)
    y = bent(x) + even(rng, x)
    place = np.full(3, 0.4)
    mean, half = (float(part[0]) for part in lay((find(x, y),), x, y[None]).at(place))
    other = 5e9 - 1e7 * y
    told = [float(part[0]) for part in lay((find(x, other),), x, other[None]).at(place)]
    assert told == pytest.approx([5e9 - 1e7 * mean, 1e7 * half], rel=1e-3)

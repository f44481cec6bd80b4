"""A guard against leaks: columns that give the target away, alone or two or three together.

A relation is proposed on some rows and judged on others, so a column of identity numbers, which tells all
rows apart, does not pass for one that knows the target. It is a warning only: the relation may be a law
of physics whose inputs will be known in time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from core.protocol import Array

if TYPE_CHECKING:
    import pandas as pd

UNEXPLAINED_ALONE, UNEXPLAINED = 2e-4, 2e-5
"""Shares of a number's variance that one column, and several, may leave.

A target rounded to a twentieth of its spread still shows as a copy, and to a sixtieth as a sum: rounding to
steps of ``d`` adds a variance of ``d^2 / 12`` (Sheppard 1898).
"""
MIDDLE = 50.0
"""How many times that share the middle nine tenths of the rows may leave of their own variance."""
UNSURE, AT_HOME = 0.02, 0.003
"""Shares of a naive guess' errors, at the upper end of Wilson's interval, and of errors on the proposal's
own rows, that a classifier may make."""
FEWEST_PARTED = 300
"""Rows from which slices or a plane without an error are believed: in fewer, classes part by chance."""
LOOSE, LOOSE_LOGS = 1e-3, 0.05
"""Shares that a relation may leave before it is judged; near 0 rounding weighs heavily on logarithms."""
MOST_TRIED = 40
"""Pairs and triples that are judged of each family, the closest first."""
CLOSE = 0.8
"""Share that a pair or a triple may leave of a class to be looked at: a plane parts, it does not explain."""
PLANES_TRIED, CLASSES_SCREENED = 5, 4
"""Pairs, and triples, that are judged of each family; and most frequent classes to search by."""
FEWEST_ODD = 10
"""Rows outside the most frequent class from which a column without one error is believed."""
FEWEST_NEIGHBOURS = 50
"""Rows from which the next ones on a curve are near enough to judge by."""
ROWS = 4_000
"""Rows that are looked at; half of them propose and half of them judge."""
SCREENED_ROWS, SCREENED_COLUMNS = 500, 60
"""What the search over all pairs and triples looks at, so that it takes a second at most."""
FEWEST_ROWS = 20
"""Below as many rows nothing is said."""
MOST_CLASSES, MOST_CLASSES_LOOKED_AT = 20, 200
"""Whole numbers of no more values, five rows a value, are taken for classes; and the most frequent ones."""

Found = Iterator[tuple[float, tuple[int, ...]]]
"""Sets of columns, by place, and what each leaves of the target."""
Task = Literal["auto", "regression", "classification"]


class LeakWarning(UserWarning):
    """Columns that determine the target almost exactly."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Columns that determine the target.

    Attributes
    ----------
    columns
        Their names; no smaller set of them does as well.
    relation
        How, in words or as a formula of ``y``.
    held_out
        What it got right on rows it was not fit on: the share of the target's variance (of the square's,
        where the relation is one of squares), or of the rows' classes.
    """

    columns: tuple[str, ...]
    relation: str
    held_out: float

    def __str__(self) -> str:
        """One line for people.

        Examples
        --------
        >>> print(Leak(("volts", "amps"), "y = 1 * volts * amps", 1.0))
        volts, amps (y = 1 * volts * amps; 100.00 % on held-out rows)
        """
        return f"{', '.join(self.columns)} ({self.relation}; {100 * self.held_out:.2f} % on held-out rows)"


def warn_of_leaks(x: Any, y: Any, *, task: Task = "auto", stacklevel: int = 2) -> list[Leak]:
    """Issue one :class:`LeakWarning` that names all columns of :func:`find_leaks`, and return what it found.

    Parameters
    ----------
    x, y, task
        As :func:`find_leaks`.
    stacklevel
        Whose line the warning names; 2 is the caller's.

    Raises
    ------
    ValueError
        As :func:`find_leaks`.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     found = warn_of_leaks(x, 2 * x[:, 1])
    >>> str(caught[0].message)[:63]
    'The target is given away by x1 (y = 2 * x1; 100.00 % on held-ou'
    """
    found = find_leaks(x, y, task=task)
    if found:
        warnings.warn(
            f"The target is given away by {'; and by '.join(map(str, found))}. Leave these columns out "
            "unless they are known when the forecast is made.",
            LeakWarning,
            stacklevel=stacklevel,
        )
    return found


def find_leaks(x: Any, y: Any, *, task: Task = "auto") -> list[Leak]:
    """Columns, alone or up to three together, that determine the target almost exactly.

    A number is looked for as a rising or falling function of one column, as the value that goes with each
    level of one, and as a sum, a difference, a product, a ratio or a relation of squares of up to three; a
    class as a category, as slices of one column, and beyond a plane through up to three of them, of their
    logarithms or of their squares. Rows with a missing value are left out where that column is tried.

    At most :data:`ROWS` rows are looked at, evenly from all of the table; of classes about as many each, so
    what gives a rare class away is found although it is rare. Beyond :data:`SCREENED_COLUMNS` numbers, only
    the columns that matter most beside all others are tried together.

    What parts classes without an error in fewer than :data:`FEWEST_PARTED` rows is not named, unless it is a
    category; and the last value of a slow series may be named for the next, which it nearly is.

    Parameters
    ----------
    x
        Features: a pandas table, columns by name, or an array ``(rows, features)``, whose columns are then
        called x0, x1 and so on.
    y
        Target, ``(rows,)``; rows without one are left out.
    task
        What ``y`` is. ``"auto"`` takes texts, yes or no, and few whole numbers for classes.

    Returns
    -------
    list of Leak
        Of one column first; none for a target that does not vary or for fewer than 20 rows.

    Raises
    ------
    ValueError
        When rows differ in number, ``y`` is not one column or the task is another word.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = {name: rng.uniform(1, 2, 200) for name in ("volts", "amps", "ohms")}
    >>> [leak.columns for leak in find_leaks(table, table["volts"] * table["amps"])]
    [('volts', 'amps')]
    >>> find_leaks(table, rng.normal(size=200))
    []
    """
    import pandas as pd

    if np.ndim(y) != 1:
        raise ValueError(f"y has shape {np.shape(y)}: one target a row is needed, (rows,)")
    table, target = _table(x), pd.Series(y).reset_index(drop=True)
    if len(table) != len(target):
        raise ValueError(f"x has {len(table)} rows and y has {len(target)}: they need the same rows")
    if task not in get_args(Task):
        raise ValueError(f"task is {task!r}: it is one of {', '.join(get_args(Task))}")
    if task == "classification" or (task == "auto" and _looks_like_classes(target.dropna())):
        codes = pd.factorize(target)[0]
        rows = _evenly_by_class(codes)
        return _of_a_class(_read(table.iloc[rows]), codes[rows])
    if not pd.api.types.is_numeric_dtype(target):
        raise ValueError(f"y is of type {target.dtype}: a regression needs numbers")
    numbers = target.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.flatnonzero(np.isfinite(numbers))
    rows = known[_evenly(len(known), ROWS)]
    return _of_a_number(_read(table.iloc[rows]), numbers[rows])


# --- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the rows looked at.

    ``numbers`` are nan where missing, and all nan where the column holds none; ``codes`` number its levels,
    -1 where missing.
    """

    name: str
    numbers: Array
    codes: Array


def _table(x: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(x, pd.DataFrame):
        return x
    if isinstance(x, Mapping):
        return pd.DataFrame(dict(x))
    array = np.asarray(x)
    if array.ndim != 2:
        raise ValueError(f"x has shape {array.shape}: (rows, features) is needed")
    return pd.DataFrame(array, columns=[f"x{place}" for place in range(array.shape[1])])


def _read(table: pd.DataFrame) -> list[_Column]:
    import pandas as pd

    columns = []
    for place, name in enumerate(table.columns):
        values = table.iloc[:, place]
        numbers = np.full(len(values), np.nan)
        if pd.api.types.is_datetime64_any_dtype(values):
            numbers = values.astype("int64").where(values.notna()).to_numpy(np.float64, na_value=np.nan)
        elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
            numbers = values.to_numpy(np.float64, na_value=np.nan)
        numbers = np.where(np.isfinite(numbers), numbers, np.nan)
        columns.append(_Column(str(name), numbers, pd.factorize(values)[0]))
    return columns


def _looks_like_classes(target: pd.Series[Any]) -> bool:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(target) or pd.api.types.is_bool_dtype(target):
        return True
    numbers = target.to_numpy(np.float64)
    values = np.unique(numbers)
    return len(values) <= min(MOST_CLASSES, len(numbers) / 5) and bool((values == values.round()).all())


def _evenly(rows: int, most: int) -> Array:
    """At most so many of the rows, from all of the table and in step with no period of it.

    Steps of the golden ratio fill an interval evenly at every length (Weyl 1916); a draw would need luck.
    """
    return np.argsort(np.arange(rows) * ((5**0.5 - 1) / 2) % 1.0, kind="stable")[:most]


def _evenly_by_class(codes: Array) -> Array:
    """About as many rows of each class, so that a rare one is not lost in the sample."""
    counts = np.bincount(codes + 1)
    ends = np.cumsum(counts)
    by_class = np.argsort(codes, kind="stable")
    # The first place counts the rows without a class.
    common = 1 + np.argsort(-counts[1:], kind="stable")[:MOST_CLASSES_LOOKED_AT]
    quota = ROWS // max(len(common), 1)
    own = [by_class[ends[k - 1] : ends[k]][_evenly(int(counts[k]), quota)] for k in common]
    return np.concatenate([np.zeros(0, dtype=np.int64), *own])


# --- a number -----------------------------------------------------------------------------------


Verdict = tuple[float, str]
"""The share left unexplained on rows that judge, and the relation in words."""
Judge = Callable[[list[str], Array, Array], Verdict]
"""From names and ``(rows, columns)`` of them, and ``(rows,)`` of y; odd rows judge what even ones propose."""
NOTHING: Verdict = (1.0, "")


@dataclass(frozen=True, slots=True)
class _Family:
    """A kind of relation that is a sum in other units: where to look for it and how it is judged.

    Attributes
    ----------
    word
        What people call the units.
    unit, whole
        Into them, for the search, which may leave rows out, and for the judging of a plane.
    judge
        What a set leaves, and its formula.
    loose
        Share that a set may leave in the search.
    """

    word: str
    unit: Callable[[Array], Array]
    whole: Callable[[Array], Array]
    judge: Judge
    loose: float


def _of_a_number(columns: list[_Column], y: Array) -> list[Leak]:
    if len(y) < FEWEST_ROWS or np.ptp(y) == 0:
        return []
    found = [leak for column in columns if (leak := _alone(column, y))]
    alone = {leak.columns[0] for leak in found}
    rest = [c for c in columns if c.name not in alone and _varies(c.numbers)]
    for family in FAMILIES:
        target = family.unit(y)[:, None]
        if not rest or not _varies(target):
            continue
        table = family.unit(np.column_stack([c.numbers for c in rest]))
        close = _search(table, target, family.loose)
        found += _minimal(rest, close, found, partial(_if_exact, family.judge, y))
    return found


def _alone(column: _Column, y: Array) -> Leak | None:
    """The plainest relation of one column to a number."""
    names, x = [column.name], column.numbers[:, None]
    if _varies(x):
        for judge in (*(family.judge for family in FAMILIES), _monotone):
            if leak := _if_exact(judge, y, names, x):
                return leak
    return _if_exact(_levels, y, names, column.codes[:, None])


def _if_exact(judge: Judge, y: Array, names: list[str], x: Array) -> Leak | None:
    left, relation = judge(names, x, y)
    enough = UNEXPLAINED_ALONE if len(names) == 1 else UNEXPLAINED
    return Leak(tuple(names), relation, 1.0 - left) if left <= enough else None


def _minimal(
    columns: list[_Column],
    close: Found,
    found: list[Leak],
    judge: Callable[[list[str], Array], Leak | None],
) -> list[Leak]:
    """Leaks among the sets that came close, the smaller sets first; none that holds another leak."""
    known = [set(leak.columns) for leak in found]
    leaks: list[Leak] = []
    tried = 0
    for _, some in sorted(close, key=lambda pair: (len(pair[1]), pair[0])):
        names = [columns[i].name for i in some]
        if any(leak <= set(names) for leak in known):
            continue
        if leak := judge(names, np.column_stack([columns[i].numbers for i in some])):
            leaks.append(leak)
            known.append(set(names))
        tried += 1
        if tried == MOST_TRIED:
            break
    return leaks


def _left(truth: Array, forecast: Array) -> float:
    """Share of the squared spread that is left, of all rows or of the middle ones, whichever is worse.

    A few far-off rows that fit would else stand for all others that do not. The middle may leave more,
    since the same rounding weighs more there.
    """
    away = np.abs(truth - np.median(truth))
    middle = away <= np.quantile(away, 0.9)
    miss, spread = np.square(truth - forecast), np.square(truth - truth.mean()).sum()
    inner = np.square(truth[middle] - truth[middle].mean()).sum()
    if spread == 0:
        return 1.0
    return float(max(miss.sum() / spread, miss[middle].sum() / inner / MIDDLE if inner > 0 else 0.0))


def _affine(x: Array, y: Array) -> tuple[float, Array]:
    """Least squares on every other row; what is left on the rows between, slopes and intercept."""
    whole = np.isfinite(x).all(1) & np.isfinite(y)
    propose, judge = whole[0::2], whole[1::2]
    scale = np.abs(x[whole]).max(0, initial=0.0)
    if min(propose.sum(), judge.sum()) < max(FEWEST_ROWS // 2 - 2, 0.05 * len(judge)) or not scale.all():
        return 1.0, np.zeros(x.shape[1] + 1)
    design = np.column_stack([x / scale, np.ones(len(x))])
    line = np.linalg.lstsq(design[0::2][propose], y[0::2][propose], rcond=None)[0]
    left = _left(y[1::2][judge], design[1::2][judge] @ line)
    return left, line / np.append(scale, 1.0)


def _sum(names: list[str], x: Array, y: Array) -> Verdict:
    left, line = _affine(x, y)
    return left, f"y = {_formula(names, line, y)}"


def _squares(names: list[str], x: Array, y: Array) -> Verdict:
    left, line = _affine(np.square(x), np.square(y))
    return left, f"y^2 = {_formula([f'{name}^2' for name in names], line, np.square(y))}"


def _product(names: list[str], x: Array, y: Array) -> Verdict:
    """Powers from logarithms, of which those near a half or a whole number are meant; then judged as one."""
    left, line = _affine(_logs(x), _logs(y))
    if left > LOOSE_LOGS:
        return NOTHING
    near = np.round(2 * line[:-1]) / 2
    powers = np.where(np.abs(near - line[:-1]) < 0.1, near, line[:-1])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        term = np.prod(np.abs(x) ** powers * np.where(powers % 2 == 1, np.sign(x), 1.0), axis=1)
    left, line = _affine(np.where(np.isfinite(term), term, np.nan)[:, None], y)
    parts = [name if p == 1 else f"{name}^{p:.4g}" for name, p in zip(names, powers, strict=True)]
    return left, f"y = {_formula([' * '.join(parts)], line, y)}"


def _logs(values: Array) -> Array:
    """Logarithms of sizes; missing where they are so small that rounding would weigh most."""
    size = np.abs(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        typical = np.nanmedian(size, axis=0)
        return np.asarray(np.where(size > 0.05 * typical, np.log(size), np.nan))


def _formula(names: list[str], line: Array, y: Array) -> str:
    terms = [f"{slope:.4g} * {name}" for name, slope in zip(names, line, strict=False)]
    # Least squares leave a trace of an intercept where there is none.
    if abs(line[-1]) > 1e-3 * y.std():
        terms.append(f"{line[-1]:.4g}")
    return " + ".join(terms).replace("+ -", "- ")


def _monotone(names: list[str], x: Array, y: Array) -> Verdict:
    """How far judging rows lie outside the steps between their neighbours on a rising or falling curve.

    Between two known points any monotone curve may run, so nothing is assumed of its shape or its ends.
    """
    from sklearn.isotonic import IsotonicRegression

    column = x[:, 0]
    whole = np.isfinite(column)
    propose, judge = whole[0::2], whole[1::2]
    if min(propose.sum(), judge.sum()) < FEWEST_NEIGHBOURS or not _varies(y[whole]):
        return NOTHING
    turn = np.sign(np.corrcoef(_ranks(column[whole]), _ranks(y[whole]))[0, 1])
    curve = IsotonicRegression().fit(turn * column[0::2][propose], y[0::2][propose])
    at, truth = turn * column[1::2][judge], y[1::2][judge]
    steps = np.concatenate([[-np.inf], curve.y_thresholds_, [np.inf]])
    low = steps[np.searchsorted(curve.X_thresholds_, at, side="right")]
    high = steps[np.searchsorted(curve.X_thresholds_, at, side="left") + 1]
    return _left(truth, np.clip(truth, low, high)), f"y {'rises' if turn > 0 else 'falls'} with {names[0]}"


def _ranks(values: Array) -> Array:
    return np.unique(values, return_inverse=True)[1].astype(np.float64)


def _levels(names: list[str], x: Array, y: Array) -> Verdict:
    """The mean of each level on proposing rows, judged where the level was met before."""
    if x.max() < 0:
        return NOTHING
    propose, judge = x[0::2, 0], x[1::2, 0]
    counts = np.bincount(propose + 1, minlength=x.max() + 2)[1:]
    met = (judge >= 0) & (counts[judge] > 0)
    if not _few_levels(counts, met, judge):
        return NOTHING
    means = np.bincount(propose + 1, y[0::2], minlength=len(counts) + 1)[1:] / np.maximum(counts, 1)
    return _left(y[1::2][met], means[judge[met]]), f"each {names[0]} has one y"


def _few_levels(counts: Array, met: Array, judge: Array) -> bool:
    """Whether levels come back: those of identity numbers do not, and those of doubled rows a few times."""
    often = counts.sum() >= 5 * (counts > 0).sum() and (counts > 0).sum() > 1
    return bool(often and met.sum() >= max(FEWEST_ROWS // 2 - 2, 0.9 * (judge >= 0).sum()))


# --- a class ------------------------------------------------------------------------------------


Classify = Callable[[Array, Array, Array], Array]
"""From columns and codes of proposing rows, and columns of judging rows, to codes."""


def _of_a_class(columns: list[_Column], codes: Array) -> list[Leak]:
    if len(codes) < FEWEST_ROWS or not _varies(codes):
        return []
    found = [leak for column in columns if (leak := _class_alone(column, codes))]
    alone = {leak.columns[0] for leak in found}
    rest = [c for c in columns if c.name not in alone and _varies(c.numbers)]
    if not rest:
        return found
    numbers = np.column_stack([c.numbers for c in rest])
    common = np.argsort(-np.bincount(codes), kind="stable")[:CLASSES_SCREENED]
    target = (codes[:, None] == common).astype(np.float64)
    for family in FAMILIES:
        close = _closest(_search(family.unit(numbers), target, CLOSE))
        found += _minimal(rest, close, found, partial(_plane, family, codes))
    return found


def _class_alone(column: _Column, codes: Array) -> Leak | None:
    """The plainest relation of one column to a class."""
    levels = column.codes[:, None].astype(np.float64)
    tries: list[tuple[Array, Classify, str]] = [
        (np.where(levels < 0, np.nan, levels), _by_level, "each {} has one class"),
        ((levels < 0).astype(np.float64), _by_level, "the class shows in whether {} is missing"),
        (column.numbers[:, None], _by_slice, "slices of {} are the classes"),
    ]
    for x, classify, relation in tries:
        fewest = FEWEST_ROWS if classify is _by_level else FEWEST_PARTED
        if right := _right(x, codes, classify, fewest):
            return Leak((column.name,), relation.format(column.name), right)
    return None


def _plane(family: _Family, codes: Array, names: list[str], x: Array) -> Leak | None:
    with np.errstate(divide="ignore"):
        values = family.whole(x)
    right = _right(np.where(np.isfinite(values), values, np.nan), codes, _by_plane, FEWEST_PARTED)
    return (
        Leak(tuple(names), f"a plane through their {family.word} parts the classes", right) if right else None
    )


def _right(x: Array, codes: Array, classify: Classify, fewest: int) -> float | None:
    """Share of each half's rows that the other half's proposal gets right; None where that is not near all.

    The proposal must also be without error at home: only where classes overlap is it not, while an exact
    border is missed by some rows abroad.
    """
    whole = np.isfinite(x).all(1)
    even = np.arange(len(x)) % 2 == 0
    wrong = at_home = 0
    judged = np.zeros(len(x), dtype=bool)
    for half in (even, ~even):
        propose, judge = whole & half, whole & ~half
        few = min(propose.sum(), judge.sum()) < FEWEST_ROWS // 2
        if few or not _varies(codes[propose]) or at_home > AT_HOME * whole.sum():
            return None
        said = np.full(len(x), -1)
        said[whole] = classify(x[propose], codes[propose], x[whole])
        at_home += int((said != codes)[propose].sum())
        wrong += int(((said != codes) & (said >= 0))[judge].sum())
        judged |= judge & (said >= 0)
    rows = int(judged.sum())
    if rows < 0.9 * whole.sum() or at_home > AT_HOME * whole.sum():
        return None
    odd = rows - int(np.bincount(codes[judged]).max())
    certain = wrong == 0 and rows >= fewest and odd >= FEWEST_ODD
    return 1.0 - wrong / rows if certain or _wilson_high(wrong, rows) <= UNSURE * odd / rows else None


def _by_level(x: Array, codes: Array, at: Array) -> Array:
    """The most frequent class of each level; -1 where not met, and for all where levels do not come back."""
    levels, place = np.unique(x[:, 0], return_inverse=True)
    if len(x) < 5 * len(levels):
        return np.full(len(at), -1)
    counts = np.zeros((len(levels), codes.max() + 1))
    np.add.at(counts, (place, codes), 1)
    near = np.searchsorted(levels, at[:, 0]).clip(max=len(levels) - 1)
    return np.where(levels[near] == at[:, 0], counts.argmax(1)[near], -1)


def _by_slice(x: Array, codes: Array, at: Array) -> Array:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=2 * len(np.unique(codes)), random_state=0)
    return np.asarray(tree.fit(x, codes).predict(at))


def _by_plane(x: Array, codes: Array, at: Array) -> Array:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, spread = x.mean(0), x.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    # Hardly a penalty: where a plane parts the classes without an error, the steepest slope finds it best,
    # and steeper ones are always better, so that the search need not come to an end.
    line = LogisticRegression(C=1e6, max_iter=300, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        line.fit((x - mean) / spread, codes)
    return np.asarray(line.predict((at - mean) / spread))


def _wilson_high(errors: int, rows: int) -> float:
    """Upper end of Wilson's interval (1927) of a share of errors, 95 % one-sided."""
    z2 = 1.645**2
    share = errors / rows
    half = (z2 * share * (1 - share) / rows + (z2 / rows) ** 2 / 4) ** 0.5
    return float((share + z2 / (2 * rows) + half) / (1 + z2 / rows))


# --- two or three columns together --------------------------------------------------------------


def _search(x: Array, target: Array, close: float) -> Found:
    """What each pair and triple of columns leaves of a target by least squares, on the rows that propose.

    All sums of products come from matrix products over the rows where both columns, and the triple's first,
    are there; so a missing value costs only the sets that hold its column.

    Parameters
    ----------
    x, target
        ``(rows, columns)`` and ``(rows, targets)``, nan where missing.
    close
        Most that a set may leave to be named.
    """
    rows = np.flatnonzero(np.isfinite(target).all(1))
    rows = rows[rows % 2 == 0]
    pick = _shortlist(x[rows], target[rows])
    rows = rows[_evenly(len(rows), SCREENED_ROWS)]
    there = np.isfinite(x[np.ix_(rows, pick)])
    values, goal = _standard(x[np.ix_(rows, pick)]), _standard(target[rows])
    # A column of nothing in front, with which a triple is a pair.
    values = np.column_stack([np.zeros(len(rows)), values])
    there = np.column_stack([np.ones(len(rows), dtype=bool), there])
    for first in range(len(pick) - 1):
        own, after = there[:, first], slice(first + 1, None)
        shares = _pairs_left(values[own, first], values[own, after], there[own, after], goal[own])
        for i, j in np.argwhere(shares <= close):
            some = [first, first + 1 + i, first + 1 + j]
            yield float(shares[i, j]), tuple(int(pick[k - 1]) for k in some if k > 0)


def _pairs_left(first: Array, x: Array, there: Array, target: Array) -> Array:
    """Share of the target that the first column and each pair of the others leave; 1 below the diagonal."""
    mask = there.astype(np.float64)
    i, j = np.triu_indices(x.shape[1], 1)

    def over(weights: Array, left: Array, right: Array) -> Array:
        return np.asarray(((left * weights[:, None]).T @ right)[i, j])

    one = np.ones(len(first))
    rows = over(one, mask, mask)
    moments = np.zeros((len(i), 4, 4))
    moments[:, 0, 0] = rows
    moments[:, 0, 1] = over(first, mask, mask)
    moments[:, 0, 2], moments[:, 0, 3] = over(one, x, mask), over(one, mask, x)
    moments[:, 1, 1] = over(first**2, mask, mask)
    moments[:, 1, 2], moments[:, 1, 3] = over(first, x, mask), over(first, mask, x)
    moments[:, 2, 2], moments[:, 3, 3] = over(one, x**2, mask), over(one, mask, x**2)
    moments[:, 2, 3] = over(one, x, x)
    moments += np.triu(np.ones((4, 4)), 1).T * moments.transpose(0, 2, 1)
    # Columns that are sums of others, and the column of nothing, get no slope instead of any.
    moments += 1e-11 * np.maximum(rows, 1.0)[:, None, None] * np.eye(4)
    total, left = np.zeros(len(i)), np.zeros(len(i))
    for y in target.T:
        along = np.stack(
            [over(y, mask, mask), over(y * first, mask, mask), over(y, x, mask), over(y, mask, x)], 1
        )
        size = over(y**2, mask, mask)
        total += size - along[:, 0] ** 2 / np.maximum(rows, 1.0)
        left += size - (along * np.linalg.solve(moments, along[:, :, None])[:, :, 0]).sum(1)
    shares = np.ones((x.shape[1], x.shape[1]))
    judged = (rows >= FEWEST_ROWS // 2 - 2) & (total > 0)
    shares[i, j] = np.where(judged, left / np.where(total > 0, total, 1.0), 1.0)
    return shares


def _closest(found: Found) -> Found:
    """The few pairs and the few triples that a plane explains best; a class is never explained wholly."""
    ranked = sorted(found)
    for size in (2, 3):
        yield from [pair for pair in ranked if len(pair[1]) == size][:PLANES_TRIED]


def _shortlist(x: Array, target: Array) -> Array:
    """Columns to search among: all, or those that weigh most alone or beside all others."""
    if x.shape[1] <= SCREENED_COLUMNS:
        return np.arange(x.shape[1])
    values, goal = _standard(x), _standard(target)
    alone = np.abs(values.T @ goal).sum(1)
    beside = np.abs(np.linalg.lstsq(values, goal, rcond=None)[0]).sum(1)
    half = SCREENED_COLUMNS // 2
    return np.union1d(np.argsort(-alone)[:half], np.argsort(-beside)[:half])


def _standard(values: Array) -> Array:
    """Zero mean and unit spread by column, and 0 where missing or where a column does not vary."""
    there = np.isfinite(values)
    count = np.maximum(there.sum(0), 1)
    centred = np.where(there, values - np.where(there, values, 0.0).sum(0) / count, 0.0)
    spread = np.sqrt(np.square(centred).sum(0) / count)
    return np.asarray(centred / np.where(spread > 0, spread, 1.0))


def _varies(values: Array) -> bool:
    there = values[np.isfinite(values)]
    return bool(there.size and there.min() < there.max())


FAMILIES = (
    _Family("values", lambda x: x, lambda x: x, _sum, LOOSE),
    _Family("logarithms", _logs, lambda x: np.log(np.abs(x)), _product, LOOSE_LOGS),
    _Family("squares", np.square, np.square, _squares, LOOSE),
)

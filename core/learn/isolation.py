"""Isolation forest: how few random cuts part a row from the others, kept as plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.protocol import Array, Rng

PAIRS = 2**14
"""Rows times trees that descend together: the fastest of 2**13 to 2**18, where arrays fit the cache."""


@dataclass(frozen=True)
class IsolationForest:
    """Trees of random cuts, all their nodes in one row; made by :func:`fit_isolation`.

    A row goes left where its feature is at most the threshold. A leaf leads to itself, so rows that have
    arrived wait there for those that are still on their way.

    Attributes
    ----------
    roots
        Node at which each tree starts, ``(trees,)``.
    feature, threshold
        What a node looks at, and where it cuts, ``(nodes,)`` each; infinite in leaves.
    left, right
        Nodes that follow, ``(nodes,)`` each; a leaf's own number in leaves.
    path
        Cuts above a leaf and those still expected in it, ``(nodes,)``; 0 elsewhere.
    normaliser
        Cuts expected above a row among those that a tree was grown on.
    depth
        Cuts on the longest way.
    columns
        Features of a row.
    """

    roots: Array
    feature: Array
    threshold: Array
    left: Array
    right: Array
    path: Array
    normaliser: float
    depth: int
    columns: int

    def score(self, x: Array) -> Array:
        """Score rows between 0 and 1, the higher the less normal: ``2 ** -(mean path / normaliser)`` [1]_.

        Around 0.5 nothing stands out. It is the opposite of scikit-learn's ``score_samples``. A row scores
        alone what it scores among others.

        Parameters
        ----------
        x
            ``(rows, columns)``; no rows give no scores.

        Returns
        -------
        Array
            ``(rows,)``.

        Raises
        ------
        ValueError
            When the columns are not those of the training rows or a value is not finite in float32.

        References
        ----------
        .. [1] Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008), Isolation forest, ICDM; equation 2.
        """
        table = _table(x)
        if table.shape[1] != self.columns:
            raise ValueError(f"x has {table.shape[1]} columns: the forest has learned from {self.columns}")
        rows = max(1, PAIRS // self.roots.size)
        score = np.empty(len(table))
        for first in range(0, len(table), rows):
            score[first : first + rows] = self._score(table[first : first + rows])
        return score

    def _score(self, x: Array) -> Array:
        cells, row = x.ravel(), self.columns * np.arange(len(x))[:, None]
        # Trees lie side by side, not rows: a row's paths then add up in one order, whoever it comes with.
        node = np.tile(self.roots, (len(x), 1))
        for _ in range(self.depth):
            beyond = cells.take(row + self.feature.take(node)) > self.threshold.take(node)
            node = np.where(beyond, self.right.take(node), self.left.take(node))
        return np.asarray(np.exp2(-self.path.take(node).mean(1) / self.normaliser))


def fit_isolation(
    x: Array, *, rng: Rng, trees: int = 100, rows: int = 256, threads: int = 1
) -> IsolationForest:
    """Grow an isolation forest [1]_ with scikit-learn and take its nodes out.

    Parameters
    ----------
    x
        ``(rows, columns)``, at least two rows.
    rng
        Seeds the sampling of rows, features and cuts.
    trees, rows
        Trees, and rows that each is grown on: all where there are fewer. The defaults are the paper's.
    threads
        How many grow trees; they do not change them.

    Raises
    ------
    ValueError
        When there are fewer than two rows, no columns or no trees, or a value is not finite in float32.

    References
    ----------
    .. [1] Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008), Isolation forest, ICDM.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> forest = fit_isolation(rng.normal(size=(500, 2)), rng=rng)
    >>> forest.score(np.array([[0.0, 0.0], [9.0, 9.0]])).round(1).tolist()
    [0.4, 0.8]
    """
    from sklearn.ensemble import IsolationForest as Grower

    table = _table(x)
    rows = min(rows, len(table))
    if rows < 2 or table.shape[1] == 0 or trees < 1:
        raise ValueError(
            f"x has shape {table.shape}, for {trees} trees of {rows} rows: "
            "at least 1 column, 1 tree and 2 rows are needed"
        )
    seed = int(rng.integers(2**31))
    grown = Grower(n_estimators=trees, max_samples=rows, random_state=seed, n_jobs=threads).fit(table)
    parts = [tree.tree_ for tree in grown.estimators_]

    def gathered(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts])

    sizes = np.array([part.node_count for part in parts])
    roots = np.cumsum(sizes) - sizes
    start, node = np.repeat(roots, sizes), np.arange(sizes.sum())
    leaf = gathered("feature") < 0
    cuts = np.concatenate([part.compute_node_depths() for part in parts]) - 1  # scikit-learn counts nodes
    return IsolationForest(
        roots=roots,
        feature=np.where(leaf, 0, gathered("feature")),
        threshold=np.where(leaf, np.inf, gathered("threshold")),
        left=np.where(leaf, node, start + gathered("children_left")),
        right=np.where(leaf, node, start + gathered("children_right")),
        path=np.where(leaf, cuts + expected_cuts(gathered("n_node_samples")), 0.0),
        normaliser=float(expected_cuts(np.array(rows))),
        depth=int(cuts.max()),
        columns=table.shape[1],
    )


def expected_cuts(rows: Array) -> Array:
    """Mean cuts that isolate a row among so many, as a search that fails in a binary tree [1]_ [2]_.

    ``2 H(n - 1) - 2 (n - 1) / n`` with ``H(i) = ln i + 0.5772``, which is close only for larger ``n``: the
    exact 0 and 1 stand for 1 and 2 rows.

    Parameters
    ----------
    rows
        At least 1, of any shape, which is the result's too.

    References
    ----------
    .. [1] Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2008), Isolation forest, ICDM; equation 1.
    .. [2] Liu, F. T., Ting, K. M. and Zhou, Z.-H. (2012), Isolation-based anomaly detection, ACM TKDD 6(1);
       equation 1 for 1 and 2 rows.

    Examples
    --------
    >>> expected_cuts(np.array([1, 2, 256])).round(3).tolist()
    [0.0, 1.0, 10.245]
    """
    n = np.maximum(rows, 3)
    many = 2 * (np.log(n - 1) + np.euler_gamma) - 2 * (n - 1) / n
    return np.where(rows > 2, many, rows - 1.0)


def _table(x: Array) -> Array:
    """Rows as scikit-learn's trees compare them with thresholds: in float32."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is told below
        table = np.ascontiguousarray(x, dtype=np.float32)
    if table.ndim != 2:
        raise ValueError(f"x has shape {table.shape}: (rows, columns) is needed")
    bad = np.argwhere(~np.isfinite(table))
    if bad.size:
        row, column = bad[0]
        raise ValueError(f"x[{row}, {column}] is {table[row, column]}: numbers finite in float32 are needed")
    return table

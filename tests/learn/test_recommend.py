"""Recommendation: generated choices whose chances are known, beside popularity and a table of pairs."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from sectorlab_toys.kept import Anything
from sklearn.exceptions import NotFittedError

from core.learn import SequentialRecommender, TwoTower
from core.learn.estimators.nearest import best_items
from core.learn.estimators.sequential import histories_of, last_steps, lessons, read_items
from core.learn.estimators.two_tower import in_batch_softmax
from core.store.policies import load, save


def hits(found, targets):
    """Share of rows whose target is among the found."""
    return (found == np.asarray(targets)[:, None]).any(1).mean()


# --- the exact search ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [7, 10**6])
def test_the_best_are_those_of_a_full_sort(cells, monkeypatch):
    monkeypatch.setattr("core.learn.estimators.nearest.CELLS", cells)
    rng = np.random.default_rng(0)
    points, items = rng.normal(size=(23, 4)).astype("f4"), rng.normal(size=(11, 4)).astype("f4")
    exclude = np.column_stack([rng.integers(0, 23, 60), rng.integers(0, 11, 60)])
    scores = points @ items.T
    scores[exclude[:, 0], exclude[:, 1]] = -np.inf
    found, products = best_items(points, items, 5, exclude)
    np.testing.assert_array_equal(found, np.argsort(-scores, 1)[:, :5])
    np.testing.assert_allclose(products, -np.sort(-scores, 1)[:, :5], atol=1e-5)


def test_where_too_few_are_left_a_row_ends_in_minus_one():
    points, items = np.ones((2, 1), "f4"), np.ones((3, 1), "f4")
    found, products = best_items(points, items, 3, np.array([[1, 0], [1, 2]]))
    assert found.tolist() == [[0, 1, 2], [1, -1, -1]]
    assert np.isneginf(products[1, 1:]).all()


# --- two towers ------------------------------------------------------------------------------------------


def market(users=600, items=400, bought=14, seed=0):
    """Buyers of known taste; each takes items without replacement by softmax of taste and popularity."""
    rng = np.random.default_rng(seed)
    centre = rng.normal(size=(8, 6))
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    group, kind = rng.integers(0, 8, users), rng.integers(0, 8, items)
    taste = centre[group] + 0.2 * rng.normal(size=(users, 6))
    nature = centre[kind] + 0.2 * rng.normal(size=(items, 6))
    utility = 4 * taste @ nature.T + rng.normal(size=items)
    order = np.argsort(-(utility + rng.gumbel(size=utility.shape)), 1)[:, :bought]
    people = pd.DataFrame({"id": [f"u{i}" for i in range(users)], "age": taste[:, 0]})
    goods = pd.DataFrame({"id": np.arange(items), "kind": pd.Categorical(kind), "price": nature[:, 0]})
    pairs = np.column_stack([np.repeat(np.arange(users), bought - 1), order[:, 1:].ravel()])
    return people, goods, pairs, order[:, 0], utility


@pytest.fixture(scope="module")
def shop():
    people, goods, pairs, first, utility = market()
    few = {"size": 16, "item_categorical": ["id"], "steps": 200}
    return people, goods, pairs, first, utility, TwoTower(**few).fit(people, goods, pairs)


def test_towers_beat_popularity_and_come_near_the_truth(shop):
    people, _, pairs, first, utility, model = shop
    found, scores = model.recommend(people, k=10, exclude=pairs)
    known = utility.copy()
    known[pairs[:, 0], pairs[:, 1]] = -np.inf
    popular = np.tile(np.bincount(pairs[:, 1], minlength=400).astype(float), (600, 1))
    popular[pairs[:, 0], pairs[:, 1]] = -np.inf
    ours, best, plain = (
        hits(f, first) for f in (found, *(np.argsort(-s, 1)[:, :10] for s in (known, popular)))
    )
    assert ours > plain + 0.5 * (best - plain)
    assert (np.diff(scores) <= 0).all()
    bought = set(map(tuple, pairs.tolist()))
    assert not any((u, i) in bought for u, row in enumerate(found.tolist()) for i in row)


def test_scores_are_logarithms_of_chances():
    """Without tastes, scores must differ as the logarithms of the items' shares: what logQ is for."""
    rng = np.random.default_rng(1)
    share = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    pairs = np.column_stack([rng.integers(0, 50, 8_000), rng.choice(5, 8_000, p=share)])
    people, goods = pd.DataFrame({"x": np.zeros(50)}), pd.DataFrame({"id": list("abcde")})
    model = TwoTower(size=4, widths=(), batch=256, steps=400).fit(people, goods, pairs)
    score = (model.embed_users(people[:1]) @ model.embed_items(goods).T)[0]
    chance = np.exp(score) / np.exp(score).sum()
    np.testing.assert_allclose(chance, share, atol=0.03)


def test_the_loss_counts_an_item_once():
    points = torch.tensor([[[1.0], [2.0], [3.0]]])
    batch = {"item": torch.tensor([[7, 8, 7]]), "log_share": torch.tensor([[0.5, 0.2, 0.5]]).log()}
    loss = in_batch_softmax((torch.ones(1, 3, 1), points), batch)
    assert loss[0, 0].item() == pytest.approx(np.log(np.exp(1) + np.exp(2) / (0.2 * 2)) - 1)


def test_new_users_and_items_are_known_by_their_fields(shop):
    people, goods, *_, model = shop
    strangers = people.assign(id="never met")
    near = np.corrcoef(model.embed_users(strangers)[:, 0], model.embed_users(people)[:, 0])[0, 1]
    assert np.isfinite(near)
    found, _ = model.recommend(strangers[:3], goods[:20], k=4)
    assert found.shape == (3, 4)
    assert found.max() < 20


def test_the_towers_are_plain_data(shop, tmp_path):
    people, goods, *_, model = shop
    expected = model.embed_users(people), model.embed_items(goods), model.model_.catalogue
    save(Anything(model.model_), tmp_path)
    for kept in (copy.deepcopy(model.model_), load(tmp_path, ("sectorlab_toys",)).content):
        for found, known in zip(
            (kept.embed_users(people), kept.embed_items(goods), kept.catalogue), expected, strict=True
        ):
            np.testing.assert_array_equal(found, known)


def test_the_same_seed_gives_the_same_towers(shop):
    people, goods, pairs, *_ = shop
    few = {"size": 8, "widths": (8,), "steps": 5, "item_categorical": ["id"]}
    one, two, other = (TwoTower(**few, random_state=s).fit(people, goods, pairs) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.model_.catalogue, two.model_.catalogue)
    assert not np.array_equal(one.model_.catalogue, other.model_.catalogue)


def test_mistakes_with_pairs_are_named(shop):
    people, goods, *_, model = shop
    with pytest.raises(ValueError, match="pairs: item 400 is no row; give numbers from 0 to 399"):
        TwoTower().fit(people, goods, [[0, 1], [0, 400]])
    with pytest.raises(ValueError, match="pairs: user -1 is no row; give numbers from 0 to 599"):
        TwoTower().fit(people, goods, [[0, 1], [-1, 4]])
    with pytest.raises(ValueError, match=r"pairs: has shape \(3,\) of int64; give"):
        TwoTower().fit(people, goods, [1, 2, 3])
    with pytest.raises(ValueError, match="k: 401 is out of range; give a number from 1 to 400"):
        model.recommend(people, k=401)
    with pytest.raises(ValueError, match="exclude: user 5 is no row"):
        model.recommend(people[:5], exclude=[[5, 1]])
    with pytest.raises(NotFittedError):
        TwoTower().recommend(people)


# --- sequences -------------------------------------------------------------------------------------------


def walk(people, items=120, steps=20, seed=0):
    """Items of which each is chosen by the last two, in known ways."""
    rng = np.random.default_rng(0)
    nature = rng.normal(size=(items, 6))
    nature /= np.linalg.norm(nature, axis=1, keepdims=True)
    turns = [np.linalg.qr(rng.normal(size=(6, 6)))[0] for _ in range(2)]
    drawn = np.random.default_rng(seed + 1)
    found = drawn.integers(0, items, (people, steps))

    def utility(last, before):
        return 5 * nature[last] @ turns[0] @ nature.T + 4 * nature[before] @ turns[1] @ nature.T

    for step in range(2, steps):
        chance = utility(found[:, step - 1], found[:, step - 2])
        found[:, step] = (chance + drawn.gumbel(size=chance.shape)).argmax(1)
    return found, utility


@pytest.fixture(scope="module")
def walked():
    histories, utility = walk(1_500)
    few = {"size": 32, "length": 20, "candidates": 60, "steps": 600, "learning_rate": 0.01}
    return histories, utility, SequentialRecommender(**few).fit(list(histories))


def test_order_is_learned_beyond_pairs(walked):
    """Of 2,000 new histories, hits among the ten best: popularity, a table of pairs, ours, the truth."""
    histories, utility, model = walked
    new, _ = walk(2_000, seed=5)
    past, target = new[:, :-1], new[:, -1]
    follows = np.zeros((120, 120))
    np.add.at(follows, (histories[:, :-1].ravel(), histories[:, 1:].ravel()), 1)
    popular = np.bincount(histories.ravel(), minlength=120)
    plain = hits(np.tile(np.argsort(-popular)[:10], (2_000, 1)), target)
    pairs = hits(np.argsort(-follows[past[:, -1]], 1)[:, :10], target)
    best = hits(np.argsort(-utility(past[:, -1], past[:, -2]), 1)[:, :10], target)
    ours = hits(model.items_[model.recommend(list(past), k=10)[0]], target)
    assert best > ours > pairs > plain
    assert ours > pairs + 0.5 * (best - pairs)


def test_scores_are_those_of_the_best(walked):
    histories, _, model = walked
    past = [histories[0], histories[1][:3], []]
    scores = model.scores(past)
    found, products = model.recommend(past, k=5)
    np.testing.assert_allclose(products, -np.sort(-scores, 1)[:, :5], atol=1e-5)
    seen = np.searchsorted(model.items_, np.unique(histories[0]))
    fresh, _ = model.recommend(past, k=5, repeat=False)
    assert not set(fresh[0]) & set(seen)
    np.testing.assert_array_equal(fresh[2], found[2])


@pytest.mark.parametrize("candidates", [8, 40])
def test_without_order_scores_are_logarithms_of_shares(candidates):
    """Sampled or told from all, the chances must come out the same."""
    rng = np.random.default_rng(2)
    share = rng.dirichlet(np.ones(12))
    histories = list(rng.choice(12, (1_000, 10), p=share))
    few = {"size": 4, "length": 10, "candidates": candidates, "dropout": 0.0, "steps": 400}
    model = SequentialRecommender(**few).fit(histories)
    scores = model.scores([[]])[0]
    chance = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(chance, share[model.items_], atol=0.05)


def test_items_never_met_and_older_steps_are_passed_over(walked):
    histories, _, model = walked
    long = np.concatenate([histories[3], histories[4]])
    odd = [histories[4][:5], np.concatenate([histories[4][:3], [9_999], histories[4][3:5]]), long, long[-20:]]
    scores = model.scores(odd)
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_allclose(scores[2], scores[3], atol=0.5)  # the last steps, with and without a start
    names = SequentialRecommender(size=4, steps=5).fit([["tea", "milk"], ["tea", "bun", "milk"]])
    assert names.items_.tolist() == ["bun", "milk", "tea"]
    assert names.scores([["tea", "rum"]]).shape == (1, 3)


def test_lessons_and_last_steps_by_hand():
    codes, ends = np.array([4, 5, 6, 7, 8, 9]), np.array([5, 5, 6])
    rows = lessons(codes, ends, 2)
    assert rows["target"].tolist() == [[7, 8], [5, 6], [4, 0], [9, 0]]
    assert rows["steps"].tolist() == [[6, 7], [4, 5], [0, 0], [0, 0]]
    assert rows["length"].tolist() == [2, 2, 1, 1]
    steps, real = last_steps(codes, ends, 3)
    assert steps.tolist() == [[6, 7, 8], [0, 0, 0], [0, 9, 0]]
    assert real.tolist() == [3, 1, 2]
    assert [h.tolist() for h in histories_of([2, 1, 2], ["x", "y", "z"])] == [["y"], ["x", "z"]]


def test_the_recommender_is_plain_data(walked, tmp_path):
    histories, _, model = walked
    expected = model.model_.points(list(histories[:50]))
    save(Anything(model.model_), tmp_path)
    for kept in (copy.deepcopy(model.model_), load(tmp_path, ("sectorlab_toys",)).content):
        np.testing.assert_array_equal(kept.points(list(histories[:50])), expected)
        assert read_items(kept.column, [[3, 3]])[0].tolist() == [4, 4]


def test_the_same_seed_gives_the_same_recommender(walked):
    histories = list(walked[0][:100])
    few = {"size": 8, "steps": 5, "length": 20, "candidates": 30}
    one, two, other = (SequentialRecommender(**few, random_state=s).fit(histories) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.scores(histories), two.scores(histories))
    assert not np.array_equal(one.scores(histories), other.scores(histories))


def test_mistakes_with_histories_are_named(walked):
    model = walked[2]
    with pytest.raises(ValueError, match="histories: 1 are too few to learn from; give at least 2"):
        SequentialRecommender().fit([[1, 2]])
    with pytest.raises(ValueError, match="histories: hold 1 items; give at least 2"):
        SequentialRecommender().fit([[1, 1], [1]])
    with pytest.raises(ValueError, match="histories: hold 0 items"):
        SequentialRecommender().fit([[], []])
    with pytest.raises(ValueError, match="length: 0 looks back on nothing"):
        SequentialRecommender(length=0).fit([[1, 2], [2, 1]])
    with pytest.raises(ValueError, match="k: 0 is out of range"):
        model.recommend([[1]], k=0)
    with pytest.raises(NotFittedError):
        SequentialRecommender().recommend([[1]])

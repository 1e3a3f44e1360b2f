"""DropAndTie: the stored models give what attnlib gives, as a large test would, and tied heads obey the bound."""

import itertools
import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib import results, tasks
from attnlib.explorers import DropAndTie

MODELS = results.load("heads_to_drop")["results"]


def uncorrelated(seed=1):
    """Rows as in chapter 12: the nearest ones whose numbers are uncorrelated and have variance 1."""
    x, _ = tasks.differences(np.random.default_rng(seed), 40)
    u, _, v = np.linalg.svd(x.reshape(40, 40))
    return (40**0.5 * u @ v).reshape(x.shape).round(2).tolist()


ROWS = uncorrelated()


def explorer(model="4 heads", **state):
    return DropAndTie(models=MODELS, rows=ROWS, model=model, **{"place": 7} | state)


def attended(model, x, dropped=(), tied=False):
    """The same by attnlib.attention, one head after the other: scores from queries that pick their row."""
    total = 0
    for i, matrix in enumerate(MODELS[model]["matrices"]):
        scores = np.array(MODELS[model]["scores"][0 if tied else i])
        queries = scores * scores.shape[1] ** 0.5
        outputs, _ = attnlib.attention(queries, np.eye(scores.shape[1]), np.asarray(x) @ np.array(matrix))
        total = total + (i not in dropped) * outputs
    return total  # (row, t, d)


def r_squared(guess, x):
    wanted = np.asarray(x)[:, 1:-1] - np.asarray(x)[:, :-2]
    return 1 - np.mean((guess - wanted) ** 2) / np.mean(wanted**2)


STATES = [(m, d, t) for m in MODELS for d in ([], [0], [1], [0, 2]) for t in (False, True)]
STATES = [state for state in STATES if max(state[1], default=0) < len(MODELS[state[0]]["scores"])]


@pytest.mark.parametrize(("model", "dropped", "tied"), STATES)
def test_the_picture_shows_what_attention_gives_with_the_stored_weights(model, dropped, tied, numbers):
    shown = explorer(model, dropped=dropped, tied=tied)
    picture, guess = shown.picture(), attended(model, ROWS, dropped, tied)
    np.testing.assert_allclose(shown.added.sum(axis=0), guess, atol=1e-12)
    assert shown.explained == pytest.approx(r_squared(guess, ROWS), abs=1e-12)
    np.testing.assert_allclose(numbers(picture, "explained"), shown.explained, atol=5.01e-4)
    np.testing.assert_allclose(numbers(picture, "sum"), guess[0, 5, 0], atol=5.01e-3)
    x = np.array(ROWS)[0, :, 0]
    np.testing.assert_allclose(numbers(picture, "input"), x[[6, 5]], atol=5.01e-3)
    np.testing.assert_allclose(numbers(picture, "wanted"), x[6] - x[5], atol=5.01e-3)
    weights = attnlib.softmax(np.array(MODELS[model]["scores"]))[:, 5]
    weights = weights[[0] * len(weights)] if tied else weights
    np.testing.assert_allclose(numbers(picture, "back").reshape(-1, 2), weights[:, [6, 5]], atol=5.01e-3)
    tall = [-float(h) / 20 for h in re.findall(r"20v(\S+?)h8V20z", picture)]
    np.testing.assert_allclose(tall, weights.ravel(), atol=3e-4)
    adds = re.findall(r'data-part="adds">([^<]*)<', picture)
    assert [i for i, text in enumerate(adds) if text == "off"] == dropped
    kept = sum(float(text.replace("\N{MINUS SIGN}", "-")) for text in adds if text != "off")
    assert kept == pytest.approx(guess[0, 5, 0], abs=0.005 * len(adds) + 0.005)


@pytest.mark.parametrize(("model", "dropped", "tied"), STATES)
def test_forty_uncorrelated_rows_give_nearly_what_a_large_test_gives(model, dropped, tied):
    x, _ = tasks.differences(np.random.default_rng(99), 4000)
    large = r_squared(attended(model, x, dropped, tied), x)
    assert explorer(model, dropped=dropped, tied=tied).explained == pytest.approx(large, abs=0.02)


def test_tied_heads_never_pass_the_bound_and_reach_it_when_those_of_the_other_sign_are_off():
    for model, parts in MODELS.items():
        h = len(parts["scores"])
        best = max(
            explorer(model, dropped=list(dropped), tied=True).explained
            for n in range(h + 1)
            for dropped in itertools.combinations(range(h), n)
        )
        assert 0.47 < best < 0.501
    assert explorer("4 heads", dropped=[1, 2], tied=True).explained == pytest.approx(0.5, abs=0.002)


def test_the_models_are_those_that_the_chapter_tells_of():
    runs = results.load("difference_heads")["results"]
    for model, name, seed in (
        ("1 head", "1 head", 0),
        ("2 heads", "2 heads", 0),
        ("2 heads, stuck", "2 heads", 9),
        ("4 heads", "4 heads", 0),
        ("8 heads", "8 heads", 0),
    ):
        assert explorer(model).explained == pytest.approx(runs[name][seed], abs=0.01)


def test_what_stands_in_a_page_is_small_and_its_text_is_short():
    bundle = explorer()._repr_mimebundle_()[0]
    assert len(bundle["text/html"]) < 40_000
    assert bundle["text/plain"] == ("DropAndTie(5 models, 40 rows, model='4 heads', dropped=[], tied=False, place=7)")


SMALL = {"scores": [[[0.0, 1.0, 0.0]]], "matrices": [[[1.0]]]}
STATE = {"models": {"one": SMALL}, "rows": [[[1.0], [2.0], [3.0]]], "model": "one"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "two"}, "model must be one of one; got 'two'"),
        ({"dropped": [1]}, r"different heads from 0 to 0, got \[1\]"),
        ({"dropped": [0, 0]}, "different heads"),
        ({"place": 3}, "place must be from 2 to 2, got 3"),
        ({"place": 1}, "place must be from 2 to 2, got 1"),
        ({"rows": [[[1.0], [2.0]]]}, "rows must be finite numbers"),
        ({"rows": [[[1.0], [2.0], [float("nan")]]]}, "rows must be finite numbers"),
        ({"rows": [1.0]}, "rows must be finite numbers"),
        ({"models": {"one": SMALL | {"scores": [[[0.0, 1.0]]]}}}, "one: scores"),
        ({"models": {"one": SMALL | {"matrices": [[[1.0, 0.0]]]}}}, "one: scores"),
        ({"models": {"one": SMALL | {"matrices": [[[float("inf")]]]}}}, "one: scores"),
    ],
)
def test_heads_that_cannot_be_run_are_refused(change, message):
    DropAndTie(**STATE)
    with pytest.raises(traitlets.TraitError, match=message):
        DropAndTie(**STATE | change)

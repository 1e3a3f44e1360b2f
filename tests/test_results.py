"""Stored results are what their code computes: as far as a test has time, they are computed again."""

import importlib.util
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from attnlib import results

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "attnlib" / "results"


@pytest.fixture(scope="module")
def make_results():
    spec = importlib.util.spec_from_file_location("make_results", ROOT / "tools" / "make_results.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_stored_result_has_its_experiment_and_the_other_way_round(make_results):
    assert {path.stem for path in FOLDER.glob("*.json")} == set(make_results.EXPERIMENTS)


def test_the_way_back_is_computed_again_for_all_values_and_the_smaller_gaps(make_results):
    stored = results.load("recovery")
    gaps = [gap for gap in stored["settings"]["gaps"] if gap <= 9]
    again = make_results.recovery(seeds=stored["settings"]["seeds"], gaps=gaps)["results"]
    assert again == {name: [run[: len(gaps)] for run in runs] for name, runs in stored["results"].items()}


def test_beyond_that_the_steps_grow_as_they_must():
    """Plain steps on a squared error take e^2 = 7.4 times as long for two more points, the others one step more."""
    for name, runs in results.load("recovery")["results"].items():
        for run in runs:
            if "squared" in name:
                assert run[-1] / run[-2] == pytest.approx(7.389, rel=0.01)
                assert run[-2] / run[-3] == pytest.approx(7.389, rel=0.03)
            else:
                assert run == [1, 2, 3, 4, 5, 6, 7]


def test_the_numbers_in_the_caption_are_the_stored_ones():
    runs = results.load("recovery")["results"]
    last = [run[-1] for name in ("mixture, squared error", "choice, squared error") for run in runs[name]]
    text = (ROOT / "book" / "chapters" / "04-from-scores-to-weights.md").read_text(encoding="utf-8")
    said = re.search(r"in ([\d,]+) to ([\d,]+) with a\s+squared error and plain steps", text).groups()
    assert [int(n.replace(",", "")) for n in said] == [round(min(last), -3), round(max(last), -3)]


def test_the_learned_scores_are_learned_again_for_one_task_and_seed(make_results):
    chosen = {"settings": [(1000, 0.05)], "tasks": ["opposite_keys"], "models": ["general", "additive"]}
    ((setting, again),) = make_results.score_functions(seeds=[0], **chosen)["results"].items()
    stored = results.load("score_functions")["results"][setting]["opposite_keys"]
    assert set(again["opposite_keys"]) == {"general", "additive"}
    for name, (share,) in again["opposite_keys"].items():
        assert share == pytest.approx(stored[name][0], abs=0.02)


def test_no_score_function_is_the_best_of_all_three_tasks():
    for tasks in results.load("score_functions")["results"].values():
        best = {task: max(shares, key=lambda name: min(shares[name])) for task, shares in tasks.items()}
        assert best == {"noisy_copies": "general", "opposite_keys": "general", "nearest_keys": "additive, wide"}


def test_one_network_learns_to_copy_through_one_vector_again(make_results):
    run = ("copying", "tanh", 1, 64, 1000)
    ((name, again),) = make_results.fixed_vector(seeds=[0], runs=[run])["results"].items()
    stored = results.load("fixed_vector")["results"][name]
    for what, places in again.items():
        assert places[0] == pytest.approx(stored[what][0], abs=0.1)


def test_more_numbers_and_more_steps_carry_longer_strings_for_every_seed():
    """What the chapter says of the order of the curves: the sum over the lengths grows."""
    stored = results.load("fixed_vector")["results"]
    for sizes in ([(16, 1000), (32, 1000), (64, 1000), (128, 1000)], [(64, 1000), (64, 2000), (64, 6000)]):
        runs = [stored[f"copying, gru, {d} numbers, {n} steps"]["exact match"] for d, n in sizes]
        for smaller, larger in pairwise(runs):
            assert max(map(sum, smaller)) < min(map(sum, larger))


def test_squeezing_the_vector_alone_costs_less_than_a_smaller_network():
    stored, whole = results.load("squeezed")["results"], results.load("fixed_vector")["results"]
    small = whole["copying, gru, 16 numbers, 1000 steps"]["exact match"]
    assert min(map(sum, stored["8"])) > max(map(sum, small)) + 1


def test_the_gradients_before_training_are_computed_again(make_results):
    again = make_results.gradients(seeds=[0], cells=["tanh"], lengths=[(15,)])["results"]
    ((name, run),) = again.items()
    stored = results.load("gradients")["results"][name]
    assert run["before"][0] == pytest.approx(stored["before"][0], rel=1e-6)
    assert run["after"][0][0] < 1e-4


def test_trained_gates_carry_the_gradient_and_a_tanh_cell_trained_on_long_strings_only_does_not():
    stored = results.load("gradients")["results"]
    for name, run in stored.items():
        far = [norms[0] for norms in run["after"]]
        assert max(norms[0] for norms in run["before"]) < 1e-6
        assert max(far) < 1e-6 if name == "tanh, trained on lengths 15 to 15" else min(far) > 1e-3


def test_results_that_do_not_exist_are_refused_with_the_names_of_those_that_do():
    with pytest.raises(ValueError, match=r"no stored results 'nothing'; there are: .*recovery"):
        results.load("nothing")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_stored_result_says_its_settings(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert set(stored) == {"settings", "results"}
    assert len(stored["settings"]["seeds"]) >= 3

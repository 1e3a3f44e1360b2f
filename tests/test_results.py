"""Stored results are what their code computes: as far as a test has time, they are computed again."""

import importlib
import json
import re
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from attnlib import results
from attnlib.explorers.real_heads import unpack
from attnlib.tasks import copying

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "attnlib" / "results"


@pytest.fixture(scope="module")
def make_results():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tools")
        yield importlib.import_module("make_results")


@pytest.fixture(scope="module")
def experiments(make_results):
    return SimpleNamespace(**make_results.EXPERIMENTS)


def test_every_stored_result_has_its_experiment_and_the_other_way_round(make_results):
    assert {path.stem for path in FOLDER.glob("*.json")} == set(make_results.EXPERIMENTS)


def test_no_two_experiments_have_one_name(make_results):
    assert len(make_results.EXPERIMENTS) == 1 + sum(len(chapter.EXPERIMENTS) for chapter in make_results.CHAPTERS)


def test_the_way_back_is_computed_again_for_all_values_and_the_smaller_gaps(experiments):
    stored = results.load("recovery")
    gaps = [gap for gap in stored["settings"]["gaps"] if gap <= 9]
    again = experiments.recovery(seeds=stored["settings"]["seeds"], gaps=gaps)["results"]
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


def test_the_learned_scores_are_learned_again_for_one_task_and_seed(experiments):
    chosen = {"settings": [(1000, 0.05)], "tasks": ["opposite_keys"], "models": ["general", "additive"]}
    ((setting, again),) = experiments.score_functions(seeds=[0], **chosen)["results"].items()
    stored = results.load("score_functions")["results"][setting]["opposite_keys"]
    assert set(again["opposite_keys"]) == {"general", "additive"}
    for name, (share,) in again["opposite_keys"].items():
        assert share == pytest.approx(stored[name][0], abs=0.02)


def test_no_score_function_is_the_best_of_all_three_tasks():
    for tasks in results.load("score_functions")["results"].values():
        best = {task: max(shares, key=lambda name: min(shares[name])) for task, shares in tasks.items()}
        assert best == {"noisy_copies": "general", "opposite_keys": "general", "nearest_keys": "additive, wide"}


def test_one_network_learns_to_copy_through_one_vector_again(experiments):
    run = ("copying", "tanh", 1, 64, 1000)
    ((name, again),) = experiments.fixed_vector(seeds=[0], runs=[run])["results"].items()
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


def test_the_copied_strings_are_the_first_of_the_test_set():
    rng = np.random.default_rng(1)
    strings = ["".join(pair.target) for pair in copying(rng, [n for n in range(1, 16) for _ in range(200)])]
    assert results.load("copied_strings")["results"]["asked"] == [
        " ".join(strings[i : i + 5]) for i in range(0, 3000, 200)
    ]


def each_copied():
    """For each size and seed: the exact match, the share in another order, and for each length (asked, written)."""
    stored = results.load("copied_strings")["results"]
    for d in (16, 32, 64, 128):
        runs = stored[str(d)]
        for exact, order, written in zip(runs["exact match"], runs["another order"], runs["written"], strict=True):
            pairs = [
                list(zip(a.split(" "), w.split(" "), strict=True))
                for a, w in zip(stored["asked"], written, strict=True)
            ]
            yield d, exact, order, pairs


def test_the_copied_strings_were_written_by_the_networks_of_the_curves():
    """Both are made by `make results ARGS="fixed_vector copied_strings"`; make them on one machine."""
    curves, found = results.load("fixed_vector")["results"], {}
    for d, exact, _, _ in each_copied():
        found.setdefault(f"copying, gru, {d} numbers, 1000 steps", []).append(exact)
    assert found == {name: curves[name]["exact match"] for name in found}
    assert len(found) == 4


def test_as_many_of_the_copied_strings_are_right_as_the_curves_say():
    for _, exact, order, pairs in each_copied():
        right = [sum(asked == written for asked, written in of_one) for of_one in pairs]
        moved = [sum(a != w and sorted(a) == sorted(w) for a, w in of_one) for of_one in pairs]
        for shares, counts in ((exact, right), (order, moved)):
            p = np.array(shares)
            assert all(counts[i] == 5 * p[i] for i in np.flatnonzero((p == 0) | (p == 1)))
            assert abs(sum(counts) - 5 * p.sum()) <= 4 * np.sqrt(5 * (p * (1 - p)).sum())


def test_larger_networks_lose_the_order_first():
    """What chapter 1 says of the 200 strings of 9 digits, for each seed."""
    for d, exact, order, _ in each_copied():
        among_wrong = order[8] / (1 - exact[8])
        assert {16: among_wrong < 0.1, 32: among_wrong < 0.5, 64: 0.5 < among_wrong < 0.8, 128: among_wrong > 0.9}[d]


def test_what_the_reader_should_have_seen_in_the_copied_strings_is_so():
    stored = results.load("copied_strings")["results"]
    written = stored["128"]["written"][0][8].split(" ")
    wrong = [(a, w) for a, w in zip(stored["asked"][8].split(" "), written, strict=True) if a != w]
    assert len(wrong) == 4
    assert all(sorted(a) == sorted(w) for a, w in wrong)
    first_mistakes = {}  # where the first mistake stands, in the wrong strings that are longer than 9 digits
    for d, _, _, pairs in each_copied():
        wrong = [pair for of_one in pairs[9:] for pair in of_one if pair[0] != pair[1]]
        first_mistakes.setdefault(d, []).append(np.mean([same_at_the_start(*pair) for pair in wrong]))
    for smaller, larger in pairwise(first_mistakes.values()):
        assert max(smaller) < min(larger)


def same_at_the_start(one, other):
    """How many symbols two strings share before the first difference."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def test_one_network_writes_its_strings_again(experiments):
    again = experiments.copied_strings(seeds=[0], sizes=[16])["results"]
    stored = results.load("copied_strings")["results"]
    assert again["asked"] == stored["asked"]
    for what in ("exact match", "another order"):
        assert again["16"][what][0] == pytest.approx(stored["16"][what][0], abs=0.1)


def test_squeezing_the_vector_alone_costs_less_than_a_smaller_network():
    stored, whole = results.load("squeezed")["results"], results.load("fixed_vector")["results"]
    small = whole["copying, gru, 16 numbers, 1000 steps"]["exact match"]
    assert min(map(sum, stored["8"])) > max(map(sum, small)) + 1


def test_the_gradients_before_training_are_computed_again(experiments):
    again = experiments.gradients(seeds=[0], cells=["tanh"], lengths=[(15,)])["results"]
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


def test_a_plain_recurrent_network_without_attention_is_trained_again(experiments):
    stored = results.load("recurrent_pair")
    again = experiments.recurrent_pair(seeds=[0], models=["tanh, fixed"])
    assert again["settings"] | {"seeds": [0, 1, 2]} == stored["settings"]
    (run,) = again["results"]["tanh, fixed"]
    assert run["exact match"] == pytest.approx(stored["results"]["tanh, fixed"][0]["exact match"], abs=0.02)


def test_attention_is_ahead_of_both_fixed_vectors_with_every_seed_from_eight_digits_on():
    copying = results.load("copying_with_attention")["results"]
    for fixed in ("fixed", "fixed_each_step"):
        for without in copying[fixed]:
            for run in copying["with_dot"]:
                assert all(
                    a > b + 0.2 for a, b in zip(run["exact match"][7:15], without["exact match"][7:15], strict=True)
                )


def test_every_model_with_attention_falls_beyond_the_lengths_of_the_training():
    pair = results.load("recurrent_pair")
    lengths = pair["settings"]["lengths"]
    for name, runs in pair["results"].items():
        for run in runs:
            if "dot" in name:
                assert run["exact match"][lengths.index(15)] > 0.9 > 0.6 > run["exact match"][lengths.index(40)]


def test_after_an_error_a_forced_decoder_is_right_more_often_than_a_free_one():
    for runs in results.load("copying_with_attention")["results"].values():
        for run in runs:
            symbols = run["symbols, length 20"]
            assert symbols["forced, after an error"] > symbols["free, after an error"] + 0.2


def test_spelling_is_better_with_attention_for_every_seed_and_after_500_steps_than_without_after_1500():
    budgets = results.load("spelling_with_attention")["results"]
    lowest = {budget: min(run["all"] for run in kinds["attention"]) for budget, kinds in budgets.items()}
    highest = {budget: max(run["all"] for run in kinds["fixed"]) for budget, kinds in budgets.items()}
    assert lowest["1500 steps"] > lowest["500 steps"] > highest["1500 steps"] > highest["500 steps"]


def test_after_1500_steps_the_gap_in_spelling_is_wider_for_long_words():
    stored = results.load("spelling_with_attention")
    kinds = stored["results"]["1500 steps"]
    short, long = (
        [a["exact match"][i] - b["exact match"][i] for a, b in zip(kinds["attention"], kinds["fixed"], strict=True)]
        for i in (stored["settings"]["lengths"].index(4), stored["settings"]["lengths"].index(12))
    )
    assert min(long) > max(short) + 0.1


def test_results_that_do_not_exist_are_refused_with_the_names_of_those_that_do():
    with pytest.raises(ValueError, match=r"no stored results 'nothing'; there are: .*recovery"):
        results.load("nothing")


# One run each, to be looked at, beside stored runs with several seeds; reading two sentences has no chance in it.
ONE_RUN = {FOLDER / f"{name}.json" for name in ("live", "two_maps", "decoder_steps", "real_heads")}
SEVERAL_SEEDS = sorted(set(FOLDER.glob("*.json")) - ONE_RUN)


@pytest.mark.parametrize("path", SEVERAL_SEEDS, ids=lambda path: path.stem)
def test_a_stored_result_says_its_settings(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert set(stored) == {"settings", "results"}
    assert len(stored["settings"]["seeds"]) >= 3


def test_the_decoders_to_step_through_come_from_an_experiment_with_the_stored_settings(experiments):
    """Without its training, which takes long; what the stored parameters do is tested with the figure."""
    stored, again = results.load("decoder_steps"), experiments.decoder_steps(n_steps=20, n_each=1)
    assert again["settings"] | {"steps": 3000, "strings of each length": 200} == stored["settings"]
    for order, run in again["results"].items():
        expected = stored["results"][order]
        assert run["n parameters"] == expected["n parameters"]
        assert {name: len(text.split()) for name, text in run["model"].items()} == {
            name: len(text.split()) for name, text in expected["model"].items()
        }


# --- chapter 7 ---


def test_a_right_model_with_a_wrong_map_is_learned_again(experiments):
    again = experiments.alignment_maps(seeds=[1], scores=["general"], order_scores=[], one_way=0)
    found, stored = (
        again["results"]["dates"]["general"][0],
        results.load("alignment_maps")["results"]["dates"]["general"][1],
    )
    assert set(found) == set(stored)
    assert found["exact match"] >= 0.95
    assert found["error rate"] == pytest.approx(stored["error rate"], abs=0.02)
    assert found["largest weight is the state that matters"] == 4
    assert found["largest weight is gold"] == 2


def test_of_the_right_models_the_worst_map_is_that_of_the_run_that_the_chapter_shows():
    runs = results.load("alignment_maps")["results"]["dates"]
    right = [
        (run["error rate"], name, seed)
        for name, rows in runs.items()
        for seed, run in enumerate(rows)
        if run["exact match"] >= 0.95
    ]
    assert max(right)[1:] == ("general", 1)
    assert max(right)[0] > 0.5


def test_a_map_of_the_odd_run_is_drawn_again_and_both_runs_are_those_of_the_other_results(experiments):
    stored, runs = results.load("two_maps"), results.load("alignment_maps")["results"]["dates"]
    for run, (name, seed) in zip(stored["results"]["runs"], stored["settings"]["runs"].values(), strict=True):
        assert run["exact_match"] == runs[name][seed]["exact match"] == 1
        assert run["error_rate"] == pytest.approx(runs[name][seed]["error rate"], abs=0.02)
        assert all(run["right"])
    (again,) = experiments.two_maps(chosen=[("the odd run", "general", 1)])["results"]["runs"]
    odd = stored["results"]["runs"][1]
    assert again["right"] == odd["right"]
    for table, known in zip(again["maps"], odd["maps"], strict=True):
        table, known = np.array(table), np.array(known)
        assert (table.argmax(axis=-1) == known.argmax(axis=-1))[[0, 2, 3, 5]].all()  # the rows with a gold link
        assert table == pytest.approx(known, abs=0.1)


def test_the_two_maps_are_wrong_in_the_links_that_the_chapter_names():
    stored = results.load("two_maps")["results"]
    wrong = [
        [
            [
                row
                for row, places in enumerate(pair["gold"])
                if places and int(np.argmax(table[row])) not in places  # 0, 2, 3, 5: weekday, month, day, year
            ]
            for pair, table in zip(stored["examples"], run["maps"], strict=True)
        ]
        for run in stored["runs"]
    ]
    assert wrong == [[[], [], [], [0]], [[2], [2, 3], [2, 3], [2, 3]]]


def test_with_one_direction_wrong_links_of_month_and_day_point_forward():
    for run in results.load("alignment_maps")["results"]["general, one direction"]:
        for field in ("month", "day", "year"):
            assert run[field]["before"] <= 0.05


def test_settled_letters_stay_right_without_attention_and_open_ones_do_not():
    for run in results.load("idle_attention")["results"]:
        assert run["settled"]["right, uniform"] > 0.95
        assert run["open"]["right, uniform"] < 0.5
        assert run["settled"]["mass on gold"] < 0.35 < run["first"]["mass on gold"]


def test_a_needle_is_found_again_by_the_fastest_run(experiments):
    stored = results.load("needles")["results"]["20"]["learned query"][0]
    again = experiments.needles(seeds=[0], lengths=[20], poolings=["learned query"])["results"]["20"]["learned query"][
        0
    ]
    assert again == pytest.approx(stored, abs=0.02)


def test_the_final_state_as_a_query_does_not_find_the_needle_and_a_learned_query_does():
    for length, rows in results.load("needles")["results"].items():
        share = 2 / int(length)
        assert all(mass < 1.5 * share for _, mass in rows["attention"])
        assert all(mass > 5 * share for _, mass in rows["learned query"])


def test_a_linear_classifier_finds_words_and_pairs_of_words(experiments):
    bag_of_bigrams = importlib.import_module("experiments.chapter_07").bag_of_bigrams
    texts = [(["not", "bad"], True), (["bad"], False), (["good"], True), (["not", "good"], False)] * 5
    assert bag_of_bigrams(texts, texts, texts) == 1.0
    assert bag_of_bigrams(texts, texts, [(words, not positive) for words, positive in texts]) == 0.0


def test_attention_on_reviews_is_no_better_than_the_mean():
    stored = results.load("review_poolings")["results"]
    accuracy = {name: [run["accuracy"] for run in runs] for name, runs in stored["poolings"].items()}
    assert abs(sum(accuracy["attention"]) / 3 - sum(accuracy["mean"]) / 3) < 0.02
    assert min(map(min, accuracy.values())) > stored["more frequent class"] + 0.15
    for run in stored["poolings"]["attention"]:
        assert abs(run["mass on lexicon"] - stored["share of lexicon words"]) < 0.05


# --- chapter 9 ---


def test_a_pronoun_is_read_again_by_one_layer_and_by_two(experiments):
    names = ("weights, 1 layer", "weights, 2 layers")
    again, stored = (
        experiments.pronoun_readers(seeds=[0], readers=names)["results"],
        results.load("pronoun_readers")["results"],
    )
    for name in names:
        assert again[name][0]["mean share"] == pytest.approx(stored[name][0]["mean share"], abs=0.03)
    assert again["weights, 1 layer"][0]["right by weight"] == 0.5
    assert again["weights, 2 layers"][0]["right after exchange"]["nouns"] < 0.05


def test_one_layer_is_right_in_half_of_the_twins_and_two_layers_in_nearly_all():
    stored = results.load("pronoun_readers")["results"]
    assert {run["right by weight"] for run in stored["weights, 1 layer"]} == {0.5}
    assert min(run["right by weight"] for run in stored["weights, 2 layers"]) > 0.97


def test_between_two_layers_the_nouns_decide_and_not_the_pronoun():
    for run in results.load("pronoun_readers")["results"]["weights, 2 layers"]:
        kept = run["right after exchange"]
        assert kept["it"] == kept["nothing"]
        assert kept["nouns"] == pytest.approx(1 - kept["nothing"], abs=1e-5)


def test_the_right_noun_is_named_with_half_of_the_share_on_it():
    stored = results.load("pronoun_readers")["results"]
    assert {run["mean share"][0] for name in stored for run in stored[name]} == {0.5}
    assert sum(run["right by word"] == 1 for run in stored["words, 1 layer"]) == 3
    for run in stored["words, 2 layers"]:
        assert run["right by word"] > 0.98
        assert run["mean share"][-1] < 0.75


@pytest.mark.usefixtures("encoder")
def test_heads_of_the_real_model_are_measured_again_on_some_words(experiments):
    again, stored = (
        experiments.disjoint_words(seeds=[0], n_words=2)["results"]["share by adjective"],
        results.load("disjoint_words")["results"]["share by adjective"],
    )
    for i in range(0, 12, 2):
        for order in (0, 1):
            assert again[i][order][0] == pytest.approx(again[i + 1][order][0], abs=2e-4)  # layer 1
            assert again[i][order][3][5] > again[i + 1][order][3][5]
        assert again[i][0][3][5] == pytest.approx(stored[i][0][3][5], abs=0.2)


def test_some_heads_follow_all_adjectives_and_some_go_against_all():
    table = results.load("disjoint_words")["results"]["share by adjective"]
    heads = [(layer, head) for layer in range(1, 6) for head in range(12)]
    signs = {
        (layer, head): {
            table[i][order][layer][head] > table[i + 1][order][layer][head] for i in range(0, 12, 2) for order in (0, 1)
        }
        for layer, head in heads
    }
    assert sum(sign == {True} for sign in signs.values()) == 7
    assert sum(sign == {False} for sign in signs.values()) == 6
    assert signs[3, 1] == {True, False}


def test_a_head_that_was_chosen_moves_less_on_other_words_in_the_middle_of_all_cuts():
    cuts = results.load("disjoint_words")["results"]["cuts"]
    middle = [sorted(change for change, _ in cuts[name])[100] for name in list(cuts)[1:]]
    assert middle == sorted(middle, reverse=True)
    assert min(middle) > 0.15
    assert min(share for _, share in cuts["other words"]) > 0.75


@pytest.mark.usefixtures("encoder")
def test_the_stored_weights_of_all_heads_are_those_of_the_encoder(experiments):
    again, stored = experiments.real_heads()["results"], results.load("real_heads")["results"]
    new, old = (
        np.array([[unpack(text) for text in layer] for layer in found.pop("heads")]) for found in (again, stored)
    )
    assert again == stored  # tokens and positions
    np.testing.assert_allclose(new, old, atol=1)  # the last digit of float32 may tip a thousandth over


# --- chapter 10 ---


def test_who_chased_whom_is_learned_again_without_and_with_positions(experiments):
    kinds = ("no positions", "learned")
    again = experiments.who_chased_whom(seeds=[0], kinds=kinds)["results"]
    stored = results.load("who_chased_whom")["results"]
    assert again == {kind: pytest.approx(stored[kind][:1], abs=0.01) for kind in kinds}


def test_who_does_not_see_the_order_is_right_in_exactly_half_with_every_seed():
    stored = results.load("who_chased_whom")["results"]
    assert {share for kind in ("no positions", "no mask, last word asks") for share in stored[kind]} == {0.5}
    for kind in ("fractions", "sinusoidal", "learned", "rotary", "causal mask, last word asks"):
        assert min(stored[kind]) > 0.98, kind
    assert min(stored["numbers"]) < 0.6 < 0.98 < max(stored["numbers"])


def test_the_live_reading_of_dates_without_positions_is_the_stored_run_of_its_seed():
    """The chapter trains it at each build, and nbval compares: here it is compared with the stored run."""
    stored = results.load("dates_without_order")["results"]["tokens, no positions"][0]
    recorded = results.load("live")["results"]["chapter 10, dates without order"]
    assert recorded == pytest.approx(list(stored.values()), abs=0.03)


def test_without_positions_settled_dates_are_read_from_tokens_and_hardly_any_from_characters():
    stored = results.load("dates_without_order")["results"]
    for run in stored["tokens, no positions"]:
        assert run["all dates"] > 0.8
        assert run["settled dates"] > 0.95
        assert run["open dates"] < 0.5
    assert max(run["all dates"] for run in stored["characters, no positions"]) < 0.1
    for unit in ("tokens", "characters"):
        assert min(run["all dates"] for run in stored[f"{unit}, sinusoidal"]) > 0.95


def test_rotary_positions_are_trained_again_on_one_task(experiments):
    again = experiments.longer_than_trained(seeds=[0], tasks=["two back"], kinds=["rotary"], lengths=[4, 8, 12, 16])
    stored = results.load("longer_than_trained")["results"]["two back"]["rotary"][0]
    (run,) = again["results"]["two back"]["rotary"]
    assert run["by length"] == pytest.approx(stored["by length"][:4], abs=0.02)


def test_what_holds_beyond_the_training_depends_on_the_task():
    stored = results.load("longer_than_trained")
    at = {n: i for i, n in enumerate(stored["settings"]["lengths"])}

    def shares(task, kind, n):
        return [run["by length"][at[n]] for run in stored["results"][task][kind]]

    for task in ("two back", "first"):
        for kind in ("sinusoidal", "learned", "rotary"):
            assert min(shares(task, kind, 16)) > 0.95
    assert min(shares("two back", "rotary", 32)) > 0.95 > 0.6 > max(shares("two back", "sinusoidal", 32))
    assert min(shares("first", "rotary", 20)) < 0.75 < 0.95 < min(shares("first", "sinusoidal", 20))
    for kind in ("numbers", "causal mask"):
        assert min(shares("first", kind, 32)) > 0.9 > 0.7 > max(shares("first", "rotary", 32))
        assert max(shares("two back", kind, 16)) < 0.5
    for kind in stored["results"]["first"]:
        if kind != "learned":
            assert min(shares("two back", kind, 64) + shares("first", kind, 64)) < 0.75, kind


def test_a_window_mends_rotary_positions_on_two_back_and_not_sinusoidal_ones():
    stored = results.load("longer_than_trained")["results"]["two back"]
    assert min(run["128, 15 away at most"] for run in stored["rotary"]) > 0.95
    assert max(run["128, 15 away at most"] for run in stored["sinusoidal"]) < 0.5
    assert max(run["16, from place 100"] for run in stored["sinusoidal"]) < 0.5


# --- chapter 11 ---


def test_recalling_with_and_without_the_root_is_learned_again(experiments):
    again = experiments.divisors(seeds=[0], widths=[512], rates=[0.002], names=["none", "root of d_k"])["results"]
    ((raw,),), ((divided,),) = again["rate 0.002"].values()
    stored = results.load("divisors")["results"]["rate 0.002"]["root of d_k"][0][-1]
    assert divided["right"] > 0.999
    assert divided["spread"] == pytest.approx(stored["spread"], rel=0.05)
    assert raw["right"] < 0.97  # how many is not the same on every processor
    assert raw["spread"] > 40


def test_with_the_root_of_the_width_every_stored_run_is_right_and_without_it_no_wide_one_is():
    for by_divisor in results.load("divisors")["results"].values():
        for name in ("root of d_k", "d_k"):
            assert all(run["right"] > 0.999 for row in by_divisor[name] for run in row)
        for row in by_divisor["none"]:
            assert row[0]["right"] > 0.97
            assert all(run["right"] < 0.97 for run in row[2:])
            assert row[-1]["weight where wrong"] < 1e-20
    rows = results.load("divisors")["results"]["rate 0.01"]["root of d_model"]
    assert all(row[-1]["right"] < min(run["right"] for run in row[:-1]) for row in rows)


def test_a_large_start_fails_and_so_do_steps_that_move_the_scores_too_far():
    slow, fast = results.load("starts")["results"].values()
    assert all(run["right"] > 0.999 for run in slow["raw, small start"])
    for runs in (slow["divided, large start"], fast["divided, large start"]):
        assert all(run["right"] < 0.97 for run in runs)
    assert sorted(run["right"] for run in fast["raw, small start"])[2] < 0.97
    for runs in (slow["raw, same start"], fast["raw, same start"]):
        assert all(run["right"] < 0.97 for run in runs)
    for runs in (slow["small start, steps"], fast["small start, steps"]):
        assert all(run["right"] > 0.999 for run in runs)


def test_the_root_is_less_bad_at_a_high_rate_and_better_than_the_width_at_a_low_one():
    high, low = results.load("high_rate")["results"], results.load("low_rate")["results"]
    for width in (0, 1):
        with_root, without = ([row[width] for row in high[name]] for name in ("root of d_k", "none"))
        assert max(without) < min(with_root)
        assert max(with_root) < 0.9
    assert all(row[1] > 0.999 for row in low["root of d_k"])
    assert all(row[1] < 0.97 for row in low["d_k"])


def test_few_of_the_wrong_choices_are_those_of_the_start_and_in_four_of_five_runs_their_lead_has_doubled():
    runs = results.load("wrong_choices")["results"]["none"]
    assert all(same < 0.2 for same, _, _ in runs)
    assert [after > 2 * before for _, before, after in runs] == [True] * 4 + [False]
    shares = [row[-1]["right"] for row in results.load("divisors")["results"]["rate 0.002"]["none"]]
    assert shares.index(max(shares)) == 4


def test_five_times_as_many_steps_without_a_root_are_not_enough():
    assert max(results.load("longer_recall")["results"]["none"]) < 0.97


def test_a_control_of_chapter_11_is_learned_again(experiments):
    again = experiments.starts(seeds=[0], rates=[0.002], names=["raw, small start"])["results"]
    assert again["rate 0.002"]["raw, small start"][0]["right"] > 0.999


def test_one_rate_of_plain_steps_serves_both_widths_with_the_root():
    stored = results.load("plain_steps")["results"]
    for rate in ("rate 0.1", "rate 0.3"):
        assert all(right > 0.999 for row in stored[rate]["root of d_k"] for right in row)
    assert all(row[0] > 0.999 and row[1] < 0.5 for row in stored["rate 0.1"]["d_k"])


def test_four_heads_of_sixteen_do_not_need_the_root_and_one_wide_head_does():
    stored = results.load("head_widths")["results"]
    assert all(right > 0.999 for runs in stored.values() for right in runs["root"])
    assert all(right > 0.999 for right in stored["4 x 16"]["none"])
    assert all(right < 0.9 for right in stored["1 x 256"]["none"])
    assert sorted(stored["1 x 64"]["none"])[1] < 0.98


def test_the_raw_scores_of_recurrent_states_start_small_and_their_model_learns():
    for run in results.load("state_scores")["results"]["dot"]:
        assert run["before"][2] < 0.5
        assert run["after"][2] > 2
        assert run["right"] > 0.9
    for run in results.load("state_scores")["results"]["divided"]:
        assert run["after"][2] < 1
        assert run["right"] < 0.9


# --- chapter 12 ---


def test_one_head_and_two_learn_a_difference_again(experiments):
    stored = results.load("difference_heads")
    kinds = ["1 head", "2 heads"]
    again = experiments.difference_heads(seeds=[0], many=[0], few=[], names=kinds)["results"]
    assert set(again) == set(kinds)
    for name in kinds:
        assert again[name] == pytest.approx(stored["results"][name][:1], abs=0.01)


def test_one_head_by_place_stays_at_the_bound_and_four_or_eight_solve_the_task_with_every_seed():
    runs = results.load("difference_heads")["results"]
    for name in ("1 head", "1 head, network behind"):
        assert all(0.48 < share < 0.52 for share in runs[name])
    for name in ("4 heads", "8 heads"):
        assert all(share > 0.99 for share in runs[name])


def test_two_heads_solve_it_with_most_seeds_and_stay_at_the_bound_with_some():
    shares = results.load("difference_heads")["results"]["2 heads"]
    stuck = [share for share in shares if share < 0.6]
    assert 0 < len(stuck) < len(shares) / 2
    assert all(share > 0.99 for share in shares if share not in stuck)


def test_two_heads_that_are_stuck_look_at_the_same_place_and_most_with_the_same_sign():
    heads = np.array(results.load("difference_heads")["results"]["2 heads, stuck, heads"])  # (model, head, 3)
    looks = heads[:, :, :2].argmax(axis=-1)
    assert (looks[:, 0] == looks[:, 1]).all()
    assert (heads[:, :, 2].prod(axis=-1) > 0).mean() > 0.9


def test_even_weights_free_most_heads_that_are_stuck_and_a_turned_sign_new_values_some_and_steps_alone_few():
    runs = results.load("difference_heads")["results"]
    freed = {
        what: sum(share > 0.6 for share in runs[f"2 heads, stuck, then reset {what}"])
        for what in ("nothing", "values", "queries", "sign")
    }
    n_stuck = sum(share < 0.6 for share in runs["2 heads"])
    assert freed["nothing"] < n_stuck / 4 < freed["values"] < n_stuck / 2 < freed["queries"] < n_stuck
    assert n_stuck / 2 < freed["sign"] < n_stuck


def test_a_small_start_leaves_fewer_heads_stuck_and_a_penalty_does_not():
    runs = results.load("difference_heads")["results"]
    stuck, small, penalty = (
        sum(share < 0.6 for share in runs[f"2 heads{name}"]) for name in ("", ", small start", ", penalty")
    )
    assert small < stuck / 2
    assert abs(penalty - stuck) < 5


def test_two_heads_that_can_be_dropped_are_learned_again(experiments):
    stored, (again,) = (
        results.load("heads_to_drop")["results"]["2 heads"],
        experiments.heads_to_drop(models=["2 heads"])["results"].values(),
    )
    np.testing.assert_allclose(np.exp(again["scores"]), np.exp(stored["scores"]), atol=0.05)
    np.testing.assert_allclose(again["matrices"], stored["matrices"], atol=0.05)


def test_weights_by_content_break_the_bound_for_one_number_and_not_for_four():
    runs = results.load("difference_heads")["results"]
    assert min(runs["1 head, by content, 1 number"]) > 0.55
    assert max(runs["1 head, by content, 4 numbers"]) < 0.52
    assert runs["1 head, by content, by hand"][0] > 0.6


def test_two_symbols_are_picked_again_by_one_head_with_a_network_behind(experiments):
    stored = results.load("pick_two")["results"]["1 head, network behind"][0]
    (again,) = experiments.pick_two(seeds=[0], models=["1 head, network behind"])["results"]["1 head, network behind"]
    assert again["both"] == pytest.approx(stored["both"], abs=0.03)


def test_one_head_picks_both_symbols_only_with_a_network_behind():
    runs = results.load("pick_two")["results"]
    for name, low, high in (("1 head", 0, 0.15), ("1 head, network behind", 0.95, 1), ("4 heads", 0.95, 1)):
        assert all(low <= run["both"] <= high for run in runs[name])
    for run in runs["1 head, network behind"]:
        assert min(run["weights"]) > 0.2
        assert max(run["weights"]) < 0.75
    assert sum(run["both"] > 0.95 for run in runs["by place, network behind"]) == 4
    assert all(run["both"] < 0.55 for run in runs["even, network behind"])


# --- numbers of live runs ---


@pytest.fixture
def recorded(monkeypatch):
    monkeypatch.setattr(results, "load", lambda name: {"results": {"shares": [0.50, 0.75], "one": 0.25}})


def test_numbers_that_drifted_a_little_are_printed_as_they_were_recorded(recorded):
    assert results.steady("shares", [0.46, 0.79], within=0.05).tolist() == [0.50, 0.75]
    assert float(results.steady("one", 0.3, within=0.05)) == 0.25


@pytest.mark.parametrize("live", [[0.50, 0.81], [0.4, 0.75], [0.50, float("nan")]])
def test_numbers_of_another_run_are_shown_as_they_are(recorded, live):
    assert results.steady("shares", live, within=0.05).tolist() == pytest.approx(live, nan_ok=True)


def test_each_number_may_have_a_distance_of_its_own(recorded):
    assert results.steady("shares", [0.52, 0.85], within=[0.05, 0.2]).tolist() == [0.50, 0.75]
    assert results.steady("shares", [0.65, 0.75], within=[0.05, 0.2]).tolist() == [0.65, 0.75]


def test_numbers_without_a_record_or_of_another_shape_are_refused(recorded):
    with pytest.raises(ValueError, match="no numbers 'other' are recorded; `make results ARGS=live`"):
        results.steady("other", 0.5, within=0.1)
    with pytest.raises(ValueError, match=r"'shares' was recorded with the shape \(2,\), got \(3,\)"):
        results.steady("shares", [0.5, 0.5, 0.5], within=0.1)


def test_every_recorded_number_is_used_in_a_chapter_by_its_name():
    texts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "book" / "chapters").glob("*.md"))
    names = {re.sub(r"\{[^}]*\}", "{}", name) for name in re.findall(r'results\.steady\(\s*f?"([^"]+)"', texts)}
    patterns = [re.escape(name).replace(r"\{\}", ".+") for name in names]
    for recorded in results.load("live")["results"]:
        assert any(re.fullmatch(pattern, recorded) for pattern in patterns), recorded


@pytest.fixture
def chapter(tmp_path, make_results, monkeypatch):
    """A function that makes a course of one chapter, with these cells."""

    def write(*cells):
        folder = tmp_path / "book" / "chapters"
        folder.mkdir(parents=True)
        head = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n"
        texts = [f"```{{code-cell}}\n{cell}\n```\n" for cell in ("from attnlib import results", *cells)]
        (folder / "01-one.md").write_text("\n".join([head, *texts]), encoding="utf-8")

    monkeypatch.setattr(make_results, "ROOT", tmp_path)
    return write


def test_what_the_cells_of_a_chapter_give_is_recorded(chapter, make_results):
    chapter(
        "shares = results.steady('a', [0.5, 0.25], within=0.1)",
        ":tags: [exercise]\n\nresults.steady('not run', ..., within=0.1)",
        "results.steady('b', 2 * shares.sum(), 0.1)",
    )
    assert make_results.live()["results"] == {"a": [0.5, 0.25], "b": 1.5}


def test_two_runs_cannot_be_recorded_under_one_name(chapter, make_results):
    chapter("for share in (0.5, 0.25):\n    results.steady('a', share, within=0.1)")
    with pytest.raises(ValueError, match="recorded as 'a' twice"):
        make_results.live()

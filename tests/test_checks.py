"""The checks: what they accept, what they reject, and that they name the mistake and nothing else."""

import contextlib
import functools
import html
import itertools
import re
import subprocess
import sys
import threading
import time
from collections import namedtuple

import numpy as np
import pytest

import attnlib
from attnlib import checks
from attnlib.checks import calls
from attnlib.checks.bank import Answer, Mistake, same
from attnlib.checks.chapters import FINISHED, TITLES
from attnlib.checks.check import Check
from attnlib.checks.errors import TRANSLATIONS
from attnlib.checks.examples import EXTRA, Example
from attnlib.checks.general import GENERAL
from attnlib.checks.report import Points

every_check = pytest.mark.parametrize("check", checks.ALL.values(), ids=checks.ALL)
FORMS = [
    pytest.param(check, mistake, form, id=f"{check.name}-{mistake.id}-{number}")
    for check in checks.ALL.values()
    for mistake in check.bank.mistakes
    for number, form in enumerate(mistake.forms)
]

# The wrong answers that the course began with: each check must know at least these.
FIRST_BANK = {
    "softmax": "axis0 all unstable globalmax nokeep noexp neg log ignoreaxis unnorm int base2 sigmoid twice eps",
    "attention": "noscale scale_d scale_T scale_Tq scale_dv scale_B mul scale_after softmax_q softmax_batch nosoftmax "
    "twice swapped only_out only_w wk mean kq dotT batchmix",
    "masked_softmax": "none inv mul after small 1e-9 pos T addbool",
    "causal_mask": "nodiag future triu inv align eye all",
    "multi_head_attention": "split merge split_merge interleave noproj scaleD noscale onehead headsoftmax qsoftmax WT "
    "qk_same v_k mean first",
}
PREFIXES = {
    "softmax": "sm",
    "attention": "at",
    "masked_softmax": "mk",
    "causal_mask": "ca",
    "multi_head_attention": "mh",
}


# --- the bank ---


@pytest.mark.parametrize(("check", "mistake", "form"), FORMS)
def test_every_wrong_answer_is_rejected_and_named(check, mistake, form):
    report = check(check.answer.function(form))
    assert not report.passed
    assert report.cause, f"another wrong answer gives the same numbers, or none is recognised:\n{report}"
    named = report.cause.split(" or ")
    assert mistake.id in named, report
    # where two mistakes give the same numbers, they say the same
    assert {m.hint for m in check.bank.mistakes if m.id in named} == {mistake.hint}
    assert f"Likely cause: {mistake.hint}" in report.message
    assert report.points.earned < report.points.possible


@pytest.mark.parametrize("name", FIRST_BANK)
def test_a_check_knows_the_wrong_answers_that_the_course_began_with(name):
    known = {mistake.id for mistake in checks.ALL[name].bank.mistakes}
    assert {f"{PREFIXES[name]}_{ending}" for ending in FIRST_BANK[name].split()} <= known


@every_check
def test_ids_are_unique_and_a_check_knows_at_least_five_wrong_answers(check):
    ids = [mistake.id for mistake in check.bank.mistakes]
    assert len(set(ids)) == len(ids) >= 5
    assert not set(ids) & set(GENERAL)


@every_check
def test_one_id_means_one_thing_in_all_checks(check):
    for mistake in check.bank.mistakes:
        others = [m for c in checks.ALL.values() for m in c.bank.mistakes if m.id == mistake.id]
        assert {m.hint for m in others} == {mistake.hint}


def spoken(hint):
    """The hint without its spaces, as code would be compared."""
    return re.sub(r"\s", "", hint)


@every_check
def test_no_hint_contains_the_right_line(check):
    right = [line.partition(" = ")[2] for line in check.answer.code.splitlines() if " = " in line]
    telling = [spoken(line) for line in right if len(line) > 12]
    for mistake in check.bank.mistakes:
        assert not [line for line in telling if line in spoken(mistake.hint)], mistake.id
        assert not re.search(r"keepdim|(?:np|torch)\.\w+\(|\w = (?:np|torch)\.|axis=|dim=", mistake.hint), mistake.id


@every_check
def test_hints_are_sentences_that_fit_behind_a_colon(check):
    for mistake in check.bank.mistakes:
        assert mistake.hint.endswith((".", "?", ")"))
        assert len(mistake.hint) < 260
        assert mistake.hint[0].islower() or not mistake.hint[0].isalpha() or mistake.hint.startswith("ReLU")
        assert mistake.chapter in TITLES


@every_check
def test_the_right_answer_in_lines_is_the_functions_own(check):
    right = check.answer.function({})
    for example, expected in zip(check.examples, check.expected, strict=True):
        if example.kind != EXTRA:
            result = right(*example.arguments, **example.named)
            parts = result if isinstance(result, tuple) else (result,)
            assert all(np.allclose(a, b, rtol=1e-3) for a, b in zip(parts, expected, strict=True)), example.label


@pytest.mark.parametrize("name", sorted(set(checks.ALL) & set(attnlib.__all__)))
def test_attnlibs_own_function_passes_its_check_without_a_remark(name):
    report = checks.ALL[name](getattr(attnlib, name), strict=True)
    assert report.passed, report
    assert report.points.earned == report.points.possible
    assert "Remark" not in report.message


@every_check
def test_every_check_has_its_table_on_the_page(check, pytestconfig):
    page = (pytestconfig.rootpath / "book" / "checks.md").read_text(encoding="utf-8")
    assert f"\n### {check.name}\n\n```{{wrong-answers}} {check.name}\n```\n" in page


def test_the_example_of_a_new_check_on_the_page_works(pytestconfig, torch):
    page = (pytestconfig.rootpath / "book" / "checks.md").read_text(encoding="utf-8")
    names = {}
    exec(re.search(r"```python\n(import .*?)```", page, re.S)[1], names)
    check = names["weighted_mean"]
    assert check(check.reference).passed
    assert len(check.bank.mistakes) == 5
    for mistake in check.bank.mistakes:
        assert check(check.answer.function(mistake.forms[0])).cause == mistake.id


def test_the_report_in_the_readme_is_the_one_that_comes(pytestconfig):
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    report = checks.attention(lambda q, k, v: attnlib.attention(q, 2 * k, v))
    shown = re.search(r"print\(report\)\n((?:# .*\n)+)", readme)[1]
    assert [line.removeprefix("# ") for line in shown.splitlines()] == report.message.splitlines()[:5]


@every_check
def test_examples_vary_in_what_mistakes_depend_on(check):
    arrays = [x for e in check.examples for x in e.arguments if isinstance(x, np.ndarray) and x.ndim > 1]
    if not arrays:
        return  # jacobians, masks and temperatures take numbers and rows
    assert any(len(set(x.shape)) == x.ndim > 1 for x in arrays), "one with all sizes different"
    assert any(x.shape[-1] == x.shape[-2] for x in arrays), "a square one"
    one_map = "several maps" in check.not_checked or "several sequences" in check.not_checked
    always_a_batch = any("batch" in axes for axes in check.returns.values())
    assert one_map or always_a_batch or any(x.ndim > 2 for x in arrays), "a batch"


def test_a_changed_line_must_stand_in_the_answer_once():
    answer = Answer("def f(x):\n    y = x + 1\n    return y\n")
    assert answer.function({"y": "x - 1"})(3) == 2
    with pytest.raises(ValueError, match="'z' must stand once"):
        answer.function({"z": "x"})


def pairs(name, ids):
    """Pairs of mistakes of a check that change different lines."""
    check = checks.ALL[name]
    chosen = [m for m in check.bank.mistakes if m.id in ids and not m.alone]
    return [
        pytest.param(check, a, b, id=f"{a.id}+{b.id}")
        for a, b in itertools.combinations(chosen, 2)
        if not a.forms[0].keys() & b.forms[0].keys()
    ]


PAIRS = [
    *pairs("softmax", {"sm_axis0", "sm_all", "sm_unstable", "sm_base2", "sm_log", "sm_nokeep", "sm_noexp"}),
    *pairs("attention", {"at_noscale", "at_softmax_q", "at_swapped", "at_wk", "mk_inv", "at_scale_d", "at_mean"}),
    *pairs("multi_head_attention", {"mh_split", "mh_merge", "mh_noscale", "mh_noproj", "mk_inv", "mh_self", "mh_v_k"}),
    *pairs("scaled_dot_scores", {"sd_noscale", "sd_width", "ds_reshape", "sc_transposed", "sc_batchmix"}),
    *pairs("softmax_backward", {"sb_axis", "sb_again", "sb_sign", "sb_mean", "sb_plus"}),
    *pairs("cosine_scores", {"cs_onlykeys", "cs_times", "cs_notemp", "ds_noT", "sc_transposed", "cs_squared"}),
    *pairs("head_contributions", {"hc_interleave", "hc_tokenfirst", "hc_mean", "hc_scrambled", "hc_transposed"}),
    *pairs("multi_head_module", {"mh_merge", "mh_noscale", "mk_inv", "mh_meanweights", "mh_noproj", "mh_qk_same"}),
    *pairs("rnn_states", {"rn_notanh", "rn_transposed", "rn_last", "rn_backwards"}),
    *pairs("exact_match", {"em_prefix", "em_order", "em_count", "em_wrong"}),
    *pairs("factor_per_step", {"fa_slope", "fa_base", "fa_loglog", "fa_change"}),
    *pairs("luong_step", {"lu_order", "lu_scaled", "lu_notanh", "lu_swapped", "lu_mean", "lu_twice"}),
    *pairs("greedy_decode", {"gr_keepsend", "gr_samestate", "gr_samesymbol", "gr_argmin", "gr_onemore"}),
    *pairs("alignment_error_rate", {"ae_empty", "ae_allsure", "ae_agreement", "ae_smallest"}),
    *pairs("mass_on_gold", {"ma_sum", "ma_allrows", "ma_largest"}),
    *pairs("self_attention", {"se_noscale", "se_softmax_q", "se_novalues", "se_swapped", "se_keysq", "se_residual"}),
    *pairs("noun_share", {"no_column", "no_second", "no_averaged", "no_difference"}),
    *pairs("stacked_self_attention", {"st_noresidual", "st_noscale", "st_reversed", "st_lastweights", "st_short"}),
    *pairs("sinusoidal_positions", {"si_one", "si_base", "si_swapped", "si_half", "si_degrees"}),
    *pairs("rotary", {"ro_one", "ro_half", "ro_base", "ro_pairswapped", "ro_scaled", "ro_alike"}),
    *pairs("equivariance_gap", {"eq_outputs", "eq_signed", "eq_sum", "eq_inputs"}),
    *pairs("deletion_influence", {"de_sign", "de_rest", "de_byvalue", "de_replaced", "de_absolute"}),
]
# A pair in which one mistake hides the other is named by what can be seen.
HIDDEN = {
    "sm_axis0+sm_nokeep": "sm_axis0",
    "sm_unstable+sm_noexp": "sm_noexp",
    "sm_unstable+sm_base2": "sm_base2",
    "mh_split+mh_merge": "mh_split_merge",
    "mh_self+mk_inv": "mh_self",
    "ma_sum+ma_allrows": "ma_sum",
    "ro_alike+ro_base": "ro_alike",
    "eq_outputs+eq_inputs": "eq_nothing",
}


@pytest.mark.parametrize(("check", "a", "b"), PAIRS)
def test_two_mistakes_at_once_are_both_named(check, a, b):
    report = check(check.answer.function(a.forms[0] | b.forms[0]))
    assert not report.passed
    expected = HIDDEN.get(f"{a.id}+{b.id}")
    if expected is None:
        assert set(report.cause.split(" + ")) == {a.id, b.id}, report
        assert "Likely causes, two at once:" in report.message
    else:
        assert (report.cause or "") == expected


def test_a_mistake_that_no_example_shows_is_found_by_this_test():
    """Proof that the tests of the bank can fail: a wrong answer that is right on every example passes its check."""
    harmless = Mistake("xx", "nothing is wrong.", 4, {"weights": "positive / total + 0"})
    softmax = checks.softmax
    assert softmax(softmax.answer.function(harmless.forms[0])).passed


# --- reports ---


def divided_by_all(scores):
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def test_a_report_shows_the_smallest_example_and_one_cause():
    report = checks.softmax(divided_by_all)
    assert (report.passed, report.cause) == (False, "sm_all")
    lines = report.message.splitlines()
    assert lines[0] == "x softmax, example 2: two rows of two   (scores (2, 2))"
    assert lines[1].strip() == "scores = [[0. 1.] [2. 5.]]"
    assert lines[2].split() == ["weights[0]", "expected", "[0.269", "0.731]"]
    assert lines[3].split() == ["got", "[0.006", "0.017]"]
    where = 'Read again: chapter 4, "From scores to weights", section "Softmax over positions, softmax over classes".'
    assert where in report.message
    assert "To try it: divided_by_all(*checks.softmax.example(2))" in report.message
    assert lines[-1].strip() == f"Public checks: {report.points} points. Not checked here: speed."


def test_a_report_is_true_where_the_answer_passed():
    assert checks.softmax(attnlib.softmax)
    assert not checks.softmax(divided_by_all)


def test_a_report_never_says_that_all_tests_passed():
    report = checks.softmax(attnlib.softmax)
    assert report.message == (
        "ok softmax: right on all 11 examples\n  Public checks: 12 of 12 points. Not checked here: speed."
    )


def test_points_are_counted_by_examples():
    assert checks.softmax(lambda scores: attnlib.softmax(scores) * 2).points == Points(0, 12)
    # right for rows and tables, wrong for the batch
    assert (
        0
        < checks.softmax(lambda scores, axis=1: np.exp(scores) / np.exp(scores).sum(axis, keepdims=True)).points[0]
        < 12
    )


def test_the_report_of_a_notebook_escapes_code_and_takes_the_colours_around_it():
    def dangerous(*arguments):
        print("<printed>")
        raise ValueError("<raised> & `<quoted>`")

    labelled = Check(
        reference=lambda x: x,
        answer=Answer("def same(x):\n    y = x\n    return y\n"),
        mistakes=[],
        examples=[Example("<label>", (np.ones(2),))],
        returns={"y": "number"},
        not_checked="<speed>",
    )
    text = labelled(dangerous)._repr_html_()
    for word in ("label", "raised", "printed", "speed"):
        assert f"&lt;{word}&gt;" in text
        assert f"<{word}>" not in text
    assert "color:inherit" in text
    assert "background:none" in text
    assert "\N{MULTIPLICATION SIGN}" in text
    assert "\N{CHECK MARK}" in checks.softmax(attnlib.softmax)._repr_html_()


def test_every_line_of_a_report_is_in_the_notebooks_too():
    report = checks.attention(lambda queries, keys, values: (queries, keys))
    text = html.unescape(re.sub(r"<[^>]*>", "", report._repr_html_())).replace("`", "")
    for line in report.message.replace("`", "").splitlines()[1:]:
        assert line.strip() in text


def test_the_shape_is_told_in_axis_words():
    report = checks.dot_scores(lambda queries, keys: np.zeros((7, 7)))
    assert "expected the shape (query, key) = (2, 2)" in report.message
    assert "got the shape (7, 7)" in report.message
    report = checks.split_heads(lambda x, n_heads: x)
    assert "(batch, head, token, d_head) = (1, 2, 2, 2)" in report.message


def test_a_chapter_that_is_not_written_yet_is_not_sent_to(monkeypatch):
    monkeypatch.setattr("attnlib.checks.chapters.FINISHED", FINISHED - {11})
    report = checks.attention(checks.attention.answer.function({"scaled": "scores"}))
    assert "Read again" not in report.message
    assert 'Read: help(attnlib.attention). Still being written: chapter 11, "Why the square root".' in report.message


@every_check
def test_sections_that_are_sent_to_exist(check, pytestconfig):
    places = {(m.chapter, m.section or check.section(m.chapter)) for m in check.bank.mistakes}
    for chapter, section in places:
        texts = list((pytestconfig.rootpath / "book" / "chapters").glob(f"{chapter:02}-*.md"))
        assert len(texts) == (chapter in FINISHED)
        if section:
            assert f"\n## {section}\n" in texts[0].read_text(encoding="utf-8")


def test_what_a_function_prints_is_kept_apart(capsys):
    def softmax(scores):
        print("shape", scores.shape)
        print("to the other stream", file=sys.stderr)
        return scores

    report = checks.softmax(softmax)
    assert capsys.readouterr() == ("", "")
    assert "Your function printed: shape (3,)" in report.message


# --- what any function can do ---


def blank(scores): ...


def blank_with_a_docstring(scores):
    """Turn scores into weights."""


def passing(scores):
    pass


def raising(scores):
    raise NotImplementedError


@pytest.mark.parametrize("fn", [blank, blank_with_a_docstring, passing, raising, lambda scores: ..., ..., None])
def test_a_blank_is_not_implemented_yet(fn):
    report = checks.softmax(fn)
    assert report.cause == "not_implemented"
    assert "Not implemented yet" in report.message
    assert report.points.earned == 0


@every_check
def test_the_blank_of_every_check_is_not_implemented_yet(check):
    assert check(lambda *arguments: None).cause == "not_implemented"


def test_a_forgotten_return_is_another_thing():
    def softmax(scores):
        exponentials = np.exp(scores)
        exponentials / exponentials.sum()

    assert checks.softmax(softmax).cause == "returned_none"


@pytest.mark.parametrize("thing", [3, np.ones(3), "softmax"])
def test_what_is_no_function_is_refused_in_words(thing):
    report = checks.softmax(thing)
    assert report.cause == "not_a_function"
    assert type(thing).__name__ in report.message


@pytest.mark.parametrize("fn", [lambda: 1, lambda a, b, c, d, e, f: 1])
def test_other_arguments_than_asked_for_are_refused_in_words(fn):
    report = checks.attention(fn)
    assert report.cause == "wrong_arguments"
    assert "(queries, keys, values, mask=None)" in report.message


def test_a_function_without_a_mask_is_checked_without_and_the_report_says_so():
    report = checks.attention(lambda queries, keys, values: attnlib.attention(queries, keys, values))
    assert report.passed
    assert "Not checked here: the argument mask" in report.message
    assert report.points.possible < checks.attention(attnlib.attention).points.possible


def test_a_function_that_wants_a_mask_gets_none_where_there_is_none():
    assert checks.attention(lambda q, k, v, m: attnlib.attention(q, k, v, m)).passed


@pytest.mark.parametrize("axis", ["axis", "dim"])
def test_an_axis_is_tried_only_where_there_is_one(axis):
    names = {}
    exec(f"def softmax(scores, {axis}=-1): return along(scores, -1)", {"along": softmax_along}, names)
    assert checks.softmax(names["softmax"]).cause == "sm_ignoreaxis"
    exec(f"def softmax(scores, {axis}=-1): return along(scores, {axis})", {"along": softmax_along}, names)
    assert checks.softmax(names["softmax"]).passed


def softmax_along(scores, axis):
    exponentials = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def test_an_exception_is_translated_and_its_line_is_shown():
    def attention(queries, keys, values):
        scores = queries @ keys  # the line
        return scores @ values, scores

    report = checks.attention(attention)
    assert "your line   scores = queries @ keys  # the line" in report.message
    assert "raised      ValueError: matmul" in report.message
    assert "What it means: Two arrays do not fit together." in report.message


class Strange(BaseException):
    pass


def raises_strangely(scores):
    raise Strange("very")


def exits(scores):
    sys.exit(1)


def calls_itself(scores):
    return calls_itself(scores)


def asks_for_too_much(scores):
    return np.ones((10**6, 10**6))


def claims_to_be_huge(scores):
    return np.broadcast_to(scores.sum(), (10**6, 10**6))


class Hostile:
    """Raises whatever is asked of it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __iter__(self):
        raise RuntimeError("iter")


@pytest.mark.parametrize(
    ("fn", "words"),
    [
        (raises_strangely, "Strange: very"),
        (exits, "SystemExit"),
        (calls_itself, "calls itself again and again"),
        (asks_for_too_much, "more memory than there is"),
        (claims_to_be_huge, "(1000000, 1000000)"),
        (lambda scores: [1.0, 2.0], "a list of 2 came back"),
        (lambda scores: {"weights": scores}, "a dict of 1 came back"),
        (lambda scores: "weights", "str came back"),
        (lambda scores: (scores,), "a tuple of 1 came back"),
        (lambda scores: scores + 1j, "complex128 came back"),
        (lambda scores: np.array(["a", "b", "c"]), "came back"),
        (lambda scores: np.array([scores, None], dtype=object), "expected"),
        (lambda scores: Hostile(), "Hostile"),
        (lambda scores: (x for x in scores), "generator came back"),
        (lambda scores: 1, "int came back"),
        (str, "str came back"),
    ],
)
def test_a_check_survives_what_a_function_does_and_says_it(fn, words):
    report = checks.softmax(fn)
    assert not report.passed
    assert words in report.message
    assert report.cause != "unreadable"
    assert report.points.earned == 0


@every_check
def test_a_check_survives_every_kind_of_nonsense(check):
    for result in (3, "x", [], (), (1, 2), np.array(1.0), np.ones(3), (np.ones(2), np.ones(2)), Hostile(), np.nan):
        report = check(lambda *arguments, result=result: result)
        assert not report.passed
        assert report.cause != "unreadable"


def test_an_argument_that_was_written_into_is_found():
    def softmax(scores):
        scores -= scores.max(axis=-1, keepdims=True)
        exponentials = np.exp(scores)
        return exponentials / exponentials.sum(axis=-1, keepdims=True)

    report = checks.softmax(lambda scores: softmax(scores.astype(float, copy=False)))
    assert report.cause == "in_place"
    assert report.points == Points(11, 12)
    assert "the numbers are right on all 11 examples, but" in report.message


def test_a_result_that_depends_on_chance_is_found():
    rng = np.random.default_rng(0)
    report = checks.softmax(lambda scores: attnlib.softmax(1.0 * scores) + rng.random(scores.shape))
    assert report.cause == "random"


def test_arguments_that_are_never_used_are_named():
    keys = np.ones((3, 4))
    report = checks.dot_scores(lambda queries, k: queries @ keys.T)
    assert report.cause == "unused"
    assert "`k` is never used in the function" in report.message


def test_whole_numbers_may_be_refused_but_not_answered_wrongly():
    def refusing(scores):
        if scores.dtype.kind != "f":
            raise TypeError("floats, please")
        return attnlib.softmax(scores)

    assert checks.softmax(refusing).passed
    report = checks.softmax(lambda scores: attnlib.softmax(1.0 * scores).astype(scores.dtype))
    assert report.cause == "sm_int"


@pytest.mark.parametrize(
    ("fill", "remark"), [(-1e9, True), (np.finfo(float).min, True), (-np.inf, True), ("empty rows too", False)]
)
def test_rows_with_nothing_allowed_are_a_remark_and_a_failure_where_it_is_strict(fill, remark):
    def masked_softmax(scores, mask=None):
        if mask is None:
            return softmax_along(scores, -1)
        if isinstance(fill, str):
            return attnlib.masked_softmax(scores, mask)
        return softmax_along(np.where(mask, scores, fill), -1)

    report = checks.masked_softmax(masked_softmax)
    assert report.passed
    assert ("Remark (a row with nothing allowed)" in report.message) == remark
    strict = checks.masked_softmax(masked_softmax, strict=True)
    assert strict.passed != remark
    # no mistake of the bank is guessed at: the remark itself is the explanation
    assert strict.cause is None
    assert ("What shows: the course's rule is weights of 0 there" in strict.message) == remark


def test_strict_wants_all_arguments_and_single_precision():
    report = checks.attention(lambda q, k, v: attnlib.attention(q, k, v), strict=True)
    assert report.cause == "wrong_arguments"
    report = checks.dot_scores(lambda q, k: 1.0 * attnlib.dot_scores(np.asarray(q, float), np.asarray(k, float)))
    assert report.passed
    assert "Remark: float32 goes in" in report.message
    report = checks.dot_scores(lambda q, k: attnlib.dot_scores(q.astype(float), k.astype(float)), strict=True)
    assert report.cause == "to_float64"


def test_single_precision_that_becomes_double_is_a_remark():
    def attention(queries, keys, values):
        scores = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(queries.shape[-1])
        weights = softmax_along(scores, -1)
        return weights @ values, weights

    report = checks.attention(attention)
    assert report.passed
    assert "float32 goes in and float64 comes out" in report.message


@pytest.mark.parametrize(
    ("fn", "words"),
    [
        (lambda q, k: 3 * attnlib.dot_scores(q, k), "every number of scores is the right one times 3."),
        (lambda q, k: attnlib.dot_scores(q, k) / 2**0.5, "every number of scores is the right one times 0.7071."),
        (lambda q, k: attnlib.dot_scores(q, k) + 2, "every number of scores is too large by 2."),
        (lambda q, k: attnlib.dot_scores(q, k)[..., ::-1], "holds the right numbers in other places"),
        (lambda q, k: 0 * attnlib.dot_scores(q, k) + 7, "every number of scores is the same, 7."),
        (lambda q, k: np.stack([attnlib.dot_scores(q, k)] * 2), "there are more axes than asked for"),
        (lambda q, k: attnlib.dot_scores(q, k)[..., None, :, :], "an axis of length 1 is missing or too many"),
        (lambda q, k: attnlib.dot_scores(q, k) / 0, "infinity in scores"),
        (
            lambda q, k: attnlib.dot_scores(q, k) * (np.arange(len(q)) < 1)[:, None] * 2,
            "1 of 2 rows of scores are empty",
        ),
        (
            lambda q, k: np.ones_like(attnlib.dot_scores(q, q + k)),
            "changing `queries` or `keys` does not change scores",
        ),
    ],
)
def test_a_mistake_that_is_not_in_the_bank_gets_what_it_violates(fn, words):
    report = checks.dot_scores(fn)
    assert not report.passed
    assert report.cause is None
    assert words in report.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda o, w: (o, w / 2), "each row should sum to 1; yours sum to [0.500 0.500]"),
        (lambda o, w: (o, w - 0.3), "some weights are negative"),
        (lambda o, w: (o**2, w), "the weights are right; what is made of them is not"),
        (lambda o, w: (o, np.swapaxes(w, -1, -2)), "the axes come as (key, query)"),
        (lambda o, w: (o + 0 * o[..., ::-1] if o.ndim < 3 else o + o[::-1], w), "the sequences of a batch are mixed"),
    ],
)
def test_attention_that_is_not_in_the_bank_gets_what_it_violates(change, words):
    report = checks.attention(lambda q, k, v, mask=None: change(*attnlib.attention(q, k, v, mask)))
    assert not report.passed
    assert report.cause is None
    assert words in report.message


def layers_of(change):
    """Self-attention in layers, whose outputs and list of weights are changed before they come back."""
    return lambda tokens, layers: change(*checks.stacked_self_attention.reference(tokens, layers))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda outputs, weights: (outputs, np.stack(weights)[..., :1]), "(layer, query, key) = (1, 2, 2)"),
        (lambda outputs, weights: (outputs, [w[..., :1] for w in weights]), "(layer, query, key) = (1, 2, 2)"),
        (
            lambda outputs, weights: (outputs, dict(enumerate(weights))),
            "a list of arrays of one shape is expected, dict",
        ),
        (
            lambda outputs, weights: (outputs, [outputs, weights]),
            "of one shape is expected, a list of list and ndarray",
        ),
        (lambda outputs, weights: (outputs, None), "None came back; a method that changes a list"),
        (lambda outputs, weights: (1j * outputs, weights), "real numbers are expected, complex128 came back"),
        (
            lambda outputs, weights: (outputs, [w if w.ndim < 3 else w[0] for w in weights]),
            "(layer, batch, query, key) = (2, 2, 5, 5)",
        ),
    ],
)
def test_a_list_of_arrays_is_looked_at_as_one_array(change, words):
    report = checks.stacked_self_attention(layers_of(change))
    assert not report.passed
    assert words in report.message


def test_a_list_of_arrays_may_stand_in_a_named_tuple():
    result = namedtuple("Result", "outputs weights")
    assert checks.stacked_self_attention(layers_of(result)).passed


def test_gradients_go_through_a_list_of_arrays(torch):
    def with_weights(change):
        def stack(tokens, layers):
            assert torch.is_tensor(tokens)
            return layers_of(lambda outputs, weights: (outputs, [change(w) for w in weights]))(tokens, layers)

        return stack

    assert checks.stacked_self_attention(with_weights(lambda w: w)).passed
    assert checks.stacked_self_attention(with_weights(lambda w: w.detach())).cause == "to_gradient"


def test_an_example_can_be_tried():
    for number in range(1, len(checks.attention.examples) + 1):
        arguments = checks.attention.example(number)
        assert len(arguments) in (3, 4)
        arguments[0][:] = 0  # a copy
    assert not (checks.attention.example(1)[0] == 0).all()
    with pytest.raises(ValueError, match=r"from 1 to \d+, got 99"):
        checks.attention.example(99)


# --- time ---


def test_a_function_that_never_ends_is_given_up_and_stopped():
    began, threads = time.monotonic(), threading.active_count()

    def softmax(scores):
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    report = checks.softmax(softmax, seconds=0.3)
    assert report.cause == "endless"
    assert "Still running after 0.3 s" in report.message
    assert time.monotonic() - began < 5
    while threading.active_count() > threads:  # the last steps of a thread that was stopped
        assert time.monotonic() - began < 9
        time.sleep(0.01)


def test_a_function_that_cannot_be_stopped_is_left_behind_and_the_report_says_so():
    done = threading.Event()
    report = checks.softmax(lambda scores: done.wait(20), seconds=0.2)
    done.set()
    assert report.cause == "endless"
    assert "restart the kernel" in report.message


def test_a_loop_that_prints_does_not_fill_the_memory():
    def softmax(scores):
        while True:
            print("again " * 100)

    assert checks.softmax(softmax, seconds=0.3).cause == "endless"
    assert len(calls.call_all(softmax, [((np.ones(2),), {})], 0.3).printed) <= calls.SHOWN


def test_without_threads_a_check_still_works(monkeypatch):
    def no_threads(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_threads)
    assert checks.softmax(attnlib.softmax).passed


def test_two_checks_at_once_put_everything_back():
    before, limits = sys.stdout, []
    with contextlib.suppress(ImportError):
        import resource

        limits = [resource.getrlimit(resource.RLIMIT_DATA)]
    slow, quick = threading.Event(), threading.Event()
    first = threading.Thread(target=checks.softmax, args=(lambda scores: slow.wait(0.02),))
    second = threading.Thread(target=checks.softmax, args=(lambda scores: quick.wait(0.03),))
    for thread in (first, second):
        thread.start()
    for thread in (first, second):
        thread.join()
    assert sys.stdout is before
    assert not limits or resource.getrlimit(resource.RLIMIT_DATA) == limits[0]


def test_a_check_that_is_interrupted_stops_the_function(monkeypatch):
    seen = []

    def softmax(scores):
        while True:
            seen.append(time.monotonic())
            time.sleep(0.001)

    def interrupted(self, timeout=None):
        if timeout == 5.0:
            wait(self, 0.2)
            raise KeyboardInterrupt
        return wait(self, timeout)

    wait = threading.Event.wait
    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checks.softmax(softmax)
    monkeypatch.undo()
    time.sleep(0.2)
    assert seen
    assert time.monotonic() - seen[-1] > 0.1


def test_a_function_that_hangs_only_the_second_time_is_given_up():
    seen = []

    def softmax(scores):
        seen.append(scores)
        while sum(np.array_equal(scores, x) for x in seen) > 1 and scores.ndim == 3:
            pass
        return attnlib.softmax(1.0 * scores)

    report = checks.softmax(softmax, seconds=0.5)
    assert not report.passed
    assert report.cause == "endless"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process within a limit")
def test_an_array_that_would_fill_the_memory_is_refused():
    report = checks.softmax(lambda scores: scores.sum() * np.ones(3 * 2**30 // 8))
    assert report.cause == "memory"


def test_one_array_given_back_again_and_again_is_seen_as_it_was():
    buffer = np.empty(3)

    def softmax(scores):
        if scores.shape != (3,):
            return attnlib.softmax(1.0 * scores)
        buffer[:] = attnlib.softmax(scores)
        return buffer

    assert checks.softmax(softmax).passed


def test_a_list_that_is_emptied_is_a_copy_and_is_found():
    def padding_mask(lengths, n_keys):
        mask = attnlib.padding_mask(lengths, n_keys)
        if isinstance(lengths, list):
            lengths.clear()
        return mask

    for _ in range(2):
        report = checks.padding_mask(padding_mask, strict=True)
        assert report.cause == "in_place"
        assert "the numbers are right on all 6 examples" in report.message


def test_a_coroutine_is_no_array(recwarn):
    async def softmax(scores):
        return attnlib.softmax(scores)

    report = checks.softmax(softmax)
    assert "coroutine came back" in report.message
    assert not recwarn.list


def shared_scale(queries, keys, values):
    """Right for one sequence; in a batch each sequence has another temperature."""
    scale = 1.0 if queries.ndim < 3 else 1.0 + 0.1 * np.arange(1, len(queries) + 1)[:, None, None]
    return attnlib.attention(scale * queries, keys, values)


@pytest.mark.parametrize(
    ("name", "fn", "words"),
    [
        (
            "temperature_for_spread",
            lambda scores, spread: 2.0 + 0 * spread * scores[0],
            "at this temperature the spread is",
        ),
        ("softmax", lambda s: attnlib.softmax(1.0 * s) * (np.max(s) < 900), "ordinary numbers come out right"),
        ("attention", shared_scale, "one sequence comes out right, a batch does not"),
        ("softmax", lambda s: attnlib.softmax(1.0 * s).astype(np.float16), "half precision"),
        ("causal_mask", lambda n, m=None: np.ones((n, m or n), bool) ^ (n > 2), "should be"),
    ],
)
def test_what_shows_is_said_where_nothing_is_recognised(name, fn, words):
    report = checks.ALL[name](fn)
    assert not report.passed
    assert words in report.message, report


def test_checks_need_no_torch():
    code = (
        "import sys; from attnlib import checks; import attnlib; "
        "assert checks.attention(attnlib.attention).passed; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- wrong answers in other words than the bank's ---


def rnn(inputs, w_input, w_state, carried=True):
    states, state = [], np.zeros(w_state.shape[0])
    for x in inputs:
        state = np.tanh(x @ w_input + (state if carried else 0 * state) @ w_state)
        states.append(state)
    return np.array(states)


def states_one_row_late(inputs, w_input, w_state):
    states = np.zeros((*inputs.shape[:-2], inputs.shape[-2] + 1, len(w_state)))
    for t in range(inputs.shape[-2]):
        states[..., t + 1, :] = np.tanh(inputs[..., t, :] @ w_input + states[..., t, :] @ w_state)
    return states


def states_like_inputs(inputs, w_input, w_state):
    states = np.zeros_like(inputs)
    for t in range(inputs.shape[-2]):
        states[..., t, :] = np.tanh(inputs[..., t, :] @ w_input + states[..., t - 1, :] @ w_state)
    return states


def returns_in_the_loop(outputs, targets):
    n_right = 0
    for a, b in zip(outputs, targets, strict=True):
        n_right += a == b
        return n_right / len(targets)


def index_by_index(outputs, targets):
    return sum(all(a[i] == b[i] for i in range(len(b))) for a, b in zip(outputs, targets, strict=True)) / len(targets)


def one_list_that_shrinks(predict, source):
    whole, rest, found = predict(source), list(source), []
    for _ in source:
        rest.pop(0)
        found.append(whole - predict(rest))
    return np.array(found)


def the_first_of_its_kind(predict, source):
    found = []
    for symbol in source:
        shorter = source.copy()
        shorter.remove(symbol)
        found.append(predict(source) - predict(shorter))
    return np.array(found)


def a_second_name_for_the_list(predict, source):
    whole, found = predict(source), []
    for i in range(len(source)):
        shorter = source
        del shorter[i]
        found.append(whole - predict(shorter))
    return np.array(found)


def emptied_in_place(predict, source):
    whole, found = predict(source), []
    for i in range(len(source)):
        source[i] = ""
        found.append(whole - predict(source))
    return np.array(found)


def by_name(predict, source):
    drops = {symbol: predict(source) - predict(source[:i] + source[i + 1 :]) for i, symbol in enumerate(source)}
    return np.array([drops[symbol] for symbol in source])


def number_by_number(inputs, w_input, w_state):
    state, states = np.zeros((*inputs.shape[:-2], len(w_state))), []
    for t in range(inputs.shape[-2]):
        for j in range(len(w_state)):
            state[..., j] = np.tanh(inputs[..., t, :] @ w_input[:, j] + state @ w_state[:, j])
        states.append(state.copy())
    return np.stack(states, axis=-2)


def no_way_back(outputs, targets):
    n_right, right = 0, True
    for a, b in zip(outputs, targets, strict=True):
        if a != b:
            right = False
        if right:
            n_right += 1
    return n_right / len(targets)


def sure_and_possible(weights, gold, places=None):
    weights, gold = weights[gold.any(axis=1)], gold[gold.any(axis=1)]
    on_gold = gold[np.arange(len(gold)) if places is None else places, weights.argmax(axis=1)]
    sure = gold.sum(axis=1) == 1
    return 1 - (on_gold.sum() + on_gold[sure].sum()) / (len(gold) + sure.sum())


def squeezed(state, encoder_states, w_combine):
    weights = attnlib.softmax((encoder_states @ state[..., None]).squeeze())
    context = (weights[..., None, :] @ encoder_states).squeeze()
    return np.tanh(np.concatenate([context, state.squeeze()], axis=-1) @ w_combine), weights


def two_calls(step, state, start, end, longest):
    written, symbol = [], start
    for _ in range(longest):
        symbol = int(np.argmax(step(symbol, state)[0]))
        state = step(symbol, state)[1]
        if symbol == end:
            break
        written.append(symbol)
    return written


@pytest.mark.parametrize(
    ("name", "fn", "cause"),
    [
        ("rnn_states", rnn, "rn_batchtime"),
        ("rnn_states", lambda x, w, u: rnn(x, w, u, carried=False), "rn_nostate"),
        ("rnn_states", states_one_row_late, "rn_toomany"),
        ("rnn_states", states_like_inputs, "rn_likeinputs"),
        ("exact_match", lambda a, b: np.mean(a == b), "em_all"),
        ("exact_match", lambda a, b: sum(x is y for x, y in zip(a, b, strict=True)) / len(b), "em_never"),
        ("exact_match", lambda a, b: len(set(a) & set(b)) / len(b), "em_distinct"),
        ("exact_match", returns_in_the_loop, "em_first"),
        ("exact_match", index_by_index, "em_prefix"),
        ("factor_per_step", lambda n: np.exp(np.mean(np.diff(np.log(n)))), "fa_ends"),
        (
            "factor_per_step",
            lambda n: np.exp(np.log(n) @ np.arange(len(n)) / (np.arange(len(n)) ** 2).sum()),
            "fa_origin",
        ),
        ("factor_per_step", lambda n: np.exp(np.mean(np.log(n))), "fa_level"),
        ("alignment_error_rate", lambda w, g: (w.argmax(1) != g.argmax(1))[g.any(1)].mean(), "ae_firstgold"),
        ("alignment_error_rate", lambda w, g: 1 - g[range(len(g)), w.argmax(1)].mean(), "ae_simple"),
        ("mass_on_gold", lambda w, g: np.nanmean(np.where(g, w, np.nan)), "ma_cells"),
        ("mass_on_gold", lambda w, g: (w * g).sum() / w.sum(), "ma_allrows"),
        (
            "mass_on_gold",
            lambda w, g: np.mean([a[b].mean() for a, b in zip(w, g, strict=True) if b.any()]),
            "ma_perlink",
        ),
        ("deletion_influence", one_list_that_shrinks, "de_beginning"),
        ("deletion_influence", the_first_of_its_kind, "de_byvalue"),
        ("deletion_influence", a_second_name_for_the_list, "in_place"),
        ("deletion_influence", emptied_in_place, "in_place"),
        ("deletion_influence", by_name, "de_distinct"),
        ("rnn_states", number_by_number, "rn_onebyone"),
        ("exact_match", no_way_back, "em_flag"),
        (
            "factor_per_step",
            lambda n: np.exp(np.polynomial.Polynomial.fit(range(len(n)), np.log(n), 1).coef[1]),
            "fa_window",
        ),
        ("alignment_error_rate", lambda w, g: sure_and_possible(w * g, g), "ae_goldonly"),
        ("alignment_error_rate", lambda w, g: sure_and_possible(w, g, slice(None)), "ae_columnsof"),
        ("mass_on_gold", lambda w, g: np.mean([x for x in (w * g).sum(axis=1) if x > 0]), "ma_positive"),
        ("luong_step", squeezed, "lu_squeezed"),
        ("greedy_decode", two_calls, "gr_twosteps"),
    ],
)
def test_a_mistake_of_chapters_1_6_and_7_is_named_however_it_is_written(name, fn, cause):
    report = checks.ALL[name](fn)
    assert set((report.cause or "").split(" + ")) == set(cause.split(" + ")), report


def test_lists_of_the_right_numbers_are_told_so():
    report = checks.deletion_influence(lambda p, s: [p(s) - p(s[:i] + s[i + 1 :]) for i in range(len(s))])
    assert "a list of 3 came back, with the right numbers in it" in report.message
    report = checks.deletion_influence(lambda p, s: [p(s[:i] + s[i + 1 :]) for i in range(len(s))])
    assert "a list of 3 came back\n" in report.message


def test_an_argument_is_not_called_useless_because_a_count_stays_the_same_by_chance():
    def of_the_first_target(weights, gold):
        return 0.5 * (weights[0].argmax() == gold[0].argmax())

    assert "does not change" not in checks.alignment_error_rate(of_the_first_target).message


def test_an_argument_that_is_not_heard_is_called_useless():
    def of_the_gold_links(weights, gold):
        return 0.01 * (gold.sum() + len(weights))

    assert "changing `weights` does not change rate" in checks.alignment_error_rate(of_the_gold_links).message


@pytest.mark.parametrize(("more", "words"), [(0.25, "too large by 0.25"), (-0.25, "too small by 0.25")])
def test_numbers_that_are_all_moved_are_told_in_which_direction(more, words):
    assert words in checks.dot_scores(lambda queries, keys: queries @ np.swapaxes(keys, -2, -1) + more).message


def test_states_that_begin_with_zeros_of_double_precision_are_right():
    def rnn_states(inputs, w_input, w_state):
        states = np.zeros((*inputs.shape[:-1], len(w_state)))
        for t in range(inputs.shape[-2]):
            states[..., t, :] = np.tanh(inputs[..., t, :] @ w_input + states[..., t - 1, :] @ w_state)
        return states

    assert checks.rnn_states(rnn_states, strict=True).passed


def test_two_lists_of_different_lengths_can_be_read():
    def greedy_decode(step, state, start, end, longest):
        scores, state = step(start, state)
        written, symbol = [], int(np.argmax(scores))
        while symbol != end and len(written) < longest:
            scores, state = step(symbol, state)
            symbol = int(np.argmax(scores))
            written.append(symbol)
        return written

    assert checks.greedy_decode(greedy_decode).cause != "unreadable"


def test_a_list_that_is_changed_until_the_function_raises_is_said():
    report = checks.deletion_influence(a_second_name_for_the_list)
    assert "your line   del shorter[i]" in report.message
    assert "A list has ended" in report.message
    assert "methods of lists" in report.message


# --- torch ---


def torch_attention(torch, *, change=lambda weights: weights, end=lambda outputs: outputs):
    def attention(queries, keys, values):
        scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        weights = change(torch.softmax(scores, dim=-1))
        return end(weights @ values), weights

    return attention


def test_a_torch_function_gets_tensors_and_passes(torch):
    assert checks.attention(torch_attention(torch)).passed


def test_a_function_that_names_no_library_gets_arrays_and_if_need_be_tensors(torch):
    assert checks.softmax(lambda x: x.softmax(-1)).passed  # only a tensor has this method


def test_modules_partials_and_objects_are_functions_too(torch):
    class Softmax(torch.nn.Module):
        def forward(self, scores):
            return torch.softmax(scores, -1)

    class Callable:
        def __call__(self, scores):
            return attnlib.softmax(1.0 * scores)

    assert checks.softmax(Softmax()).passed
    assert checks.softmax(Callable()).passed
    assert checks.softmax(functools.partial(torch.softmax, dim=-1)).passed


# id -> what makes it of a right attention in torch
TORCH_MISTAKES = {
    "to_detach": lambda torch: torch_attention(torch, change=lambda w: w.detach()),
    "to_numpy": lambda torch: torch_attention(torch, end=lambda o: torch.as_tensor(np.asarray(o.numpy()))),
    "to_inplace": lambda torch: torch_attention(torch, change=lambda w: w.mul_(1.0).exp_().log_()),
    "to_view": lambda torch: torch_attention(torch, end=lambda o: o.transpose(-2, -1).view(-1).view(o.shape)),
    "random": lambda torch: torch_attention(torch, change=lambda w: torch.nn.functional.dropout(w, 0.5)),
    "to_float64": lambda torch: torch_attention(torch, end=lambda o: o.double()),
}


@pytest.mark.parametrize("cause", TORCH_MISTAKES)
def test_a_habit_that_torch_punishes_is_named(torch, cause):
    report = checks.attention(TORCH_MISTAKES[cause](torch))
    assert report.cause == cause, report


def test_a_softmax_without_an_axis_is_named(torch):
    report = checks.softmax(lambda scores: torch.nn.functional.softmax(scores))
    assert report.cause == "to_nodim"


def test_a_gradient_that_is_cut_off_in_part_is_found(torch):
    def softmax(scores):
        exponentials = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
        return exponentials / exponentials.sum(dim=-1, keepdim=True).detach()

    assert checks.softmax(softmax).cause == "to_gradient"


def test_the_matrices_of_linear_layers_are_transposed(torch):
    def multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads):
        linear = torch.nn.functional.linear
        q, k, v = (attnlib.split_heads(linear(t, w), n_heads) for t, w in ((x, w_q), (context, w_k), (context, w_v)))
        outputs, weights = attnlib.attention(q, k, v)
        return linear(attnlib.merge_heads(outputs), w_o), weights

    assert checks.multi_head_attention(multi_head_attention).cause == "mh_WT"


def test_the_mask_of_the_library_module_means_the_opposite(torch):
    def attention(queries, keys, values, mask=None):
        scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        if mask is not None:
            scores = scores.masked_fill(mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        return weights @ values, weights

    report = checks.attention(attention)
    assert report.cause == "mk_inv"
    assert "nn.MultiheadAttention" in report.message


# --- the words ---


def test_every_kind_of_exception_is_told_once():
    assert len({t.kind for t in TRANSLATIONS}) == len(TRANSLATIONS)
    for translation in TRANSLATIONS:
        assert translation.words
        assert translation.cause is None or translation.cause in GENERAL


def test_results_are_the_same_only_number_for_number():
    a = (np.array([1.0, 2.0]),)
    assert same(a, (np.array([1.0, 2.0 + 1e-6]),))
    assert not same(a, (np.array([1.0, 2.1]),))
    assert not same(a, (np.array([[1.0, 2.0]]),))
    assert not same((np.array([True]),), (np.array([1.0]),))
    assert same("shapes", "shapes")
    assert not same("shapes", a)
    assert same((np.array([np.nan]),), (np.array([np.nan]),))


def test_a_new_check_needs_only_data():
    double = Check(
        reference=lambda x: 2 * x,
        answer=Answer("def double(x):\n    y = 2 * x\n    return y\n"),
        mistakes=[Mistake("do_square", "this is the square.", 4, {"y": "x * x"})],
        examples=[Example("three numbers", (np.array([1.0, 2.0, 3.0]),))],
        returns={"y": "number"},
        exercise="softmax",
        not_checked="anything else",
    )
    assert double(lambda x: x + x).passed
    assert double(lambda x: x**2).cause == "do_square"
    assert "double(x)" in double.__doc__
    assert "double(x)" in repr(double)


def n_symbols(symbols):
    return float(len("".join(symbols)))


def counted(measure, names, pairs):
    """The number of letters of some names, and how many of the pairs are equal."""
    return measure(names) + sum(a == b for a, b in pairs)


@pytest.fixture
def check_of_lists():
    """A check whose arguments are a function, a list of strings, and a list of tuples of several lengths."""
    return Check(
        reference=counted,
        answer=Answer(
            "def counted(measure, names, pairs):\n    n = measure(names)\n    return n + same(pairs)\n",
            same=lambda pairs: sum(a == b for a, b in pairs),
        ),
        mistakes=[Mistake("co_length", "the names are counted.", 4, {"n": "float(len(names))"})],
        examples=[
            Example("no pair", (n_symbols, ["AB", "C"], [])),
            Example("two pairs", (n_symbols, ["A", "BC"], [(("a", "b"), ("a", "b")), (("a",), ("a", "b", "c"))])),
        ],
        returns={"number": ""},
        exercise="softmax",
        learns=False,
        not_checked="anything else",
    )


def test_arguments_can_be_functions_and_lists_of_strings(check_of_lists):
    assert check_of_lists(counted).passed
    report = check_of_lists(lambda measure, names, pairs: len(names) + sum(a == b for a, b in pairs))
    assert report.cause == "co_length"
    assert "measure = n_symbols, names = ['AB', 'C'], pairs = []" in report.message
    report = check_of_lists(lambda measure, names, pairs: 7.25)
    assert report.cause == "unused"
    report = check_of_lists(lambda measure, names, pairs: 7.25 + measure(names) * len(pairs))
    assert report.cause is None


@pytest.mark.parametrize(
    "change",
    [
        lambda names, pairs: names.pop(),
        lambda names, pairs: names.reverse(),
        lambda names, pairs: names.__setitem__(0, np.ones(2)),
        lambda names, pairs: pairs.append(None),
    ],
)
def test_a_list_that_is_changed_is_found_and_put_right_for_the_next_call(check_of_lists, change):
    def spoiling(measure, names, pairs):
        result = counted(measure, names, pairs)
        change(names, pairs)
        return result

    for _ in range(2):
        report = check_of_lists(spoiling)
        assert report.cause == "in_place"
        assert "the numbers are right" in report.message
    assert check_of_lists.example(1)[1:] == (["AB", "C"], [])


def test_copies_of_lists_hold_copies():
    given = [np.ones(2), ("a", [np.zeros(1)])]
    copied = calls.copy_of(given)
    given[0][:], given[1][1][0][:] = 5, 5
    assert copied[0][0] == 1
    assert copied[1][1][0] == 0


@pytest.fixture
def check_of_a_list():
    """A check of a function that returns a list of whole numbers, as long as its argument says."""
    return Check(
        reference=lambda n: list(range(n)),
        answer=Answer("def counting(n):\n    if n >= 0:\n        last = n\n    return list(range(last))\n"),
        mistakes=[Mistake("co_short", "one number is missing.", 4, {"last": "max(n - 1, 0)"})],
        examples=[Example("none", (0,)), Example("three", (3,)), Example("one", (1,))],
        returns={"numbers": "number"},
        exercise="softmax",
        learns=False,
        lists=True,
        not_checked="anything else",
    )


@pytest.mark.parametrize(
    "result",
    [
        lambda n: list(range(n)),
        lambda n: tuple(range(n)),
        lambda n: np.arange(n),
        lambda n: [*np.arange(n)],
        lambda n: np.array([*range(n)]),  # of floats where it is empty
    ],
)
def test_a_list_of_any_length_may_be_asked_for(check_of_a_list, result):
    assert check_of_a_list(result).passed


def test_a_list_of_tensors_is_a_list_of_numbers(check_of_a_list, torch):
    assert check_of_a_list(lambda n: [*torch.arange(n)]).passed
    assert check_of_a_list(lambda n: torch.arange(n)).passed


def test_a_wrong_list_is_shown_and_its_mistake_is_named(check_of_a_list):
    report = check_of_a_list(lambda n: list(range(n - 1)))
    assert report.cause == "co_short"
    assert "numbers   expected [0 1 2]" in report.message
    assert "got      [0 1]" in report.message
    report = check_of_a_list(lambda n: [*range(n), 7])
    assert report.cause is None
    assert "numbers   expected []" in report.message
    assert "got      [7]" in report.message


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda n: n, "a list of numbers is expected, int came back"),
        (lambda n: "012"[:n], "a list of numbers is expected, str came back"),
        (lambda n: ["a", "b", "c"], "a list of 3 that are not all numbers came back"),
        (lambda n: [1, [2, 3], 4], "a list of 3 that are not all numbers came back"),
        (lambda n: {*range(n)}, "a list of numbers is expected, a set of 0 came back"),
        (lambda n: [[i] for i in range(n)], "a list of 3 that are not all numbers came back"),
        (lambda n: [*range(n - 1), np.ones(1)] if n else [], "a list of 3 that are not all numbers came back"),
        (lambda n: np.arange(n)[:, None] if n else [], "got      [[0] [1] [2]]"),
    ],
)
def test_what_is_no_list_of_numbers_is_told(check_of_a_list, result, words):
    report = check_of_a_list(result)
    assert not report.passed
    assert report.cause is None
    assert words in report.message


@pytest.mark.parametrize("result", [lambda n: [float(i) for i in range(n)], lambda n: np.linspace(0, n - 1, n)])
def test_whole_numbers_that_come_back_as_floats_are_told(check_of_a_list, result):
    report = check_of_a_list(result)
    assert report.cause == "float"
    assert report.points == Points(3, 4)


@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_what_a_decoder_reads_holds_whole_numbers_as_its_targets_do(torch, library):
    zeros = {"numpy": np.zeros, "torch": torch.zeros}[library]

    def decoder_inputs(targets, start):
        inputs = zeros(targets.shape)
        inputs[:, 0], inputs[:, 1:] = start, targets[:, :-1]
        return inputs

    assert checks.decoder_inputs(decoder_inputs).cause == "float"


def decoding(choose):
    """A greedy decoder that chooses a symbol from scores with this function."""

    def greedy_decode(step, state, start, end, longest):
        written, symbol = [], start
        for _ in range(longest):
            scores, state = step(symbol, state)
            symbol = choose(scores)
            if symbol == end:
                break
            written.append(symbol)
        return written

    return greedy_decode


def test_a_decoder_that_draws_its_symbols_is_told_that_chance_is_in_it():
    rng = np.random.default_rng(0)
    draw = decoding(lambda scores: int(rng.choice(len(scores), p=attnlib.softmax(scores))))
    assert checks.greedy_decode(draw).cause == "random"


def test_a_decoder_without_a_limit_is_found_at_once():
    def greedy_decode(step, state, start, end, longest):
        written, symbol = [], start
        while True:
            scores, state = step(symbol, state)
            symbol = int(np.argmax(scores))
            if symbol == end:
                return written
            written.append(symbol)

    assert checks.greedy_decode(greedy_decode, seconds=2).cause == "gr_nolimit"


def test_the_steps_of_the_examples_end_whatever_they_read():
    for example in checks.greedy_decode.examples:
        step, state, start, end, _ = example.arguments
        for read in range(len(step(start, state)[0])):
            symbol, held = read, state
            for _ in range(30):
                scores, held = step(symbol, held)
                symbol = int(scores.argmax())
            assert symbol == end, example.label


def test_the_highest_score_of_a_step_has_no_rival():
    for example in checks.greedy_decode.examples:
        step, state, symbol, end, longest = example.arguments
        for _ in range(longest):
            scores, state = step(symbol, state)
            symbol = int(scores.argmax())
            assert np.sort(scores)[-1] - np.sort(scores)[-2] > 0.4
            if symbol == end:
                break


def test_a_step_says_what_it_takes():
    step, state, *_ = checks.greedy_decode.example(1)
    with pytest.raises(TypeError, match="number of one symbol, got float"):
        step(1.5, state)
    with pytest.raises(ValueError, match="from 0 to 5, got 6"):
        step(6, state)


def test_the_library_is_read_from_the_code(torch):
    def with_torch(x):
        return torch.exp(x)

    def through_a_helper(x):
        return helper_with_torch(x)

    assert calls.library_of(with_torch) == "torch"
    assert calls.library_of(lambda x: np.exp(x)) == "numpy"
    assert calls.library_of(torch.exp) == "torch"
    assert calls.library_of(through_a_helper) == "torch"


def helper_with_torch(x):
    import torch

    return torch.exp(x)


@pytest.mark.parametrize(
    ("name", "wrong", "never"),
    [
        (
            "head_contributions",
            lambda outputs, w_o: -(outputs @ w_o.reshape(len(outputs), -1, w_o.shape[-1])),
            "batch are",
        ),
        ("noun_share", lambda w, q, i, j: np.sqrt(w[..., q, i] * w[..., q, j]), "one sequence"),
        ("noun_share", lambda w, q, i, j: 0.5 + (w[..., q, i] - w[..., q, j]) / 2, "rounded"),
        ("merge_heads", lambda heads: [np.concatenate(list(x), axis=-1) for x in heads], "batch and tokens"),
    ],
)
def test_heads_are_no_batch_and_one_example_is_no_proof(name, wrong, never):
    report = checks.ALL[name](wrong)
    assert not report.passed
    assert never not in report.message


def test_right_numbers_that_are_rounded_are_told():
    report = checks.attention(lambda q, k, v: tuple(x.round(2) for x in attnlib.attention(q, k, v)))
    assert "rounding is for printing" in report.message

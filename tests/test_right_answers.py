"""The checks accept right code as different people write it, and never without looking at what it returns."""

import functools
import importlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import attnlib
from attnlib import checks
from attnlib.checks.bank import Bank

torch = pytest.importorskip("torch")
training = importlib.import_module("attnlib.training")

_spec = importlib.util.spec_from_file_location("right_answers", Path(__file__).with_name("right_answers.py"))
right_answers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(right_answers)
RIGHT = right_answers.RIGHT

every_answer = pytest.mark.parametrize("answer", RIGHT, ids=lambda a: f"{a.check}, {a.library}: {a.words}")


def as_function(answer):
    """The answer as a function of the arguments of its check's examples: a class is none."""
    check = checks.ALL[answer.check]
    is_function = not hasattr(check, "as_function") or answer.library == "numpy"
    return answer.function if is_function else check.as_function(answer.function)


def is_boolean(x):
    return "bool" in str(getattr(x, "dtype", ""))


def spoilt(function):
    """The function, but the first array of its result is turned round, or a tenth too large if it holds numbers."""

    if isinstance(function, type):
        return type(function.__name__, (function,), {"forward": spoilt(function.forward)})

    @functools.wraps(function)
    def inner(*args, **kwargs):
        result = function(*args, **kwargs)
        first, *others = result if isinstance(result, (tuple, list)) else (result,)
        first = ~first if is_boolean(first) else 1.1 * first
        return (first, *others) if others else first

    return inner


def with_tensors(function):
    """The function, but it names torch, so that its check hands it tensors and looks at the gradients too."""

    def inner(*arguments):
        with torch.enable_grad():
            return function(*arguments)

    return inner


@pytest.fixture
def no_search(monkeypatch):
    """The checks do not look for the cause of a wrong answer: that takes most of the time, and is tested elsewhere."""
    monkeypatch.setattr(Bank, "explain", lambda *_, **__: [])


def complaints(report):
    """The lines of a report that find fault."""
    marks = ("x ", "Likely cause", "What shows", "Read", "To try it")
    return [line for line in report.message.splitlines() if line.strip().startswith(marks)]


# --- the answers ---


@every_answer
def test_a_right_answer_passes_without_a_complaint(answer):
    report = checks.ALL[answer.check](answer.function)
    assert report.passed, report.message
    assert report.cause is None
    assert report.message.startswith("ok ")
    assert not complaints(report), report.message
    assert report.evidence == ()
    assert report.points.earned == report.points.possible > 1


@every_answer
@pytest.mark.usefixtures("no_search")
def test_a_right_answer_that_is_spoilt_fails(answer):
    report = checks.ALL[answer.check](spoilt(answer.function))
    assert not report.passed
    assert report.message.startswith("x ")
    assert report.points.earned < report.points.possible


@every_answer
def test_a_right_answer_returns_arrays_of_the_library_under_which_it_stands(answer):
    arguments = checks.ALL[answer.check].example(1, like=torch.empty(0) if answer.library == "torch" else None)
    with np.errstate(divide="ignore"):  # the logarithm of a mask
        result = as_function(answer)(*arguments)
    parts = result if isinstance(result, (tuple, list)) else (result,)
    parts = [x for part in parts for x in (part if isinstance(part, (tuple, list)) else [part])]
    if checks.ALL[answer.check].lists:  # numbers of symbols, whatever the library
        assert all(float(x).is_integer() for part in parts for x in np.ravel(part))
        return
    kinds = (torch.Tensor,) if answer.library == "torch" else (np.ndarray, np.floating, float)
    assert all(isinstance(part, kinds) for part in parts)


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("name", checks.ALL)
def test_every_check_has_right_answers_in_both_libraries(name, library):
    assert any(answer.check == name and answer.library == library for answer in RIGHT)


@pytest.mark.parametrize("name", checks.ALL)
def test_every_check_has_five_right_answers_or_more(name):
    assert sum(answer.check == name for answer in RIGHT) >= 5


def test_the_answers_have_names_of_their_own_and_stand_under_a_check():
    assert len({answer[:3] for answer in RIGHT}) == len(RIGHT)
    assert {answer.check for answer in RIGHT} <= set(checks.ALL)


@pytest.mark.parametrize("answer", [a for a in RIGHT if a.words == "no mask"], ids=lambda a: a.check)
def test_a_report_says_that_masks_were_not_checked_where_a_function_takes_none(answer):
    report = checks.ALL[answer.check](answer.function)
    assert report.passed
    assert "the argument mask" in report.closing


# --- attnlib itself ---


@pytest.mark.parametrize("name", ["alignment_error_rate", "mass_on_gold"])
@pytest.mark.parametrize("seed", range(20))
def test_a_measure_is_that_of_training_on_any_map(name, seed):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(rng.integers(2, 7)), size=rng.integers(2, 7))
    gold = rng.random(weights.shape) < 0.3
    gold[0, 0] = True
    check, measure = checks.ALL[name], getattr(training, name)
    assert check.reference(weights, gold) == pytest.approx(measure(weights, gold))
    assert check.answer.function({})(weights, gold) == pytest.approx(measure(weights, gold))


in_attnlib = pytest.mark.parametrize("name", [name for name in checks.ALL if hasattr(attnlib, name)])


@in_attnlib
def test_attnlibs_own_function_passes_without_a_remark(name):
    report = checks.ALL[name](getattr(attnlib, name), strict=True)
    assert report.passed, report.message
    assert report.cause is None
    assert report.advice == ()


@in_attnlib
def test_attnlibs_own_function_passes_with_tensors_and_gradients(name):
    report = checks.ALL[name](with_tensors(getattr(attnlib, name)), strict=True)
    assert report.passed, report.message
    assert report.advice == ()


@in_attnlib
@pytest.mark.usefixtures("no_search")
@pytest.mark.parametrize("with_library", [lambda function: function, with_tensors], ids=["numpy", "torch"])
def test_attnlibs_own_function_that_is_spoilt_fails(name, with_library):
    assert not checks.ALL[name](with_library(spoilt(getattr(attnlib, name)))).passed

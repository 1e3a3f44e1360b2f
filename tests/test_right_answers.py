"""The checks accept right code as people write it, and none of it by chance."""

import functools
import importlib.util
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import attnlib
from attnlib import checks

torch = pytest.importorskip("torch")

_spec = importlib.util.spec_from_file_location("right_answers", Path(__file__).with_name("right_answers.py"))
right_answers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(right_answers)
RIGHT = right_answers.RIGHT

every_answer = pytest.mark.parametrize("answer", RIGHT, ids=lambda a: f"{a.check}: {a.library}, {a.words}")


def example_for(answer):
    """The arguments of the first example, as arrays of the answer's library."""
    return checks.ALL[answer.check].example(1, like=torch.empty(0) if answer.library == "torch" else None)


def first_of(result):
    return result[0] if isinstance(result, (tuple, list)) else result


def spoilt(function):
    """The function, but the first array of its result is a tenth too large, or the wrong way round."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        result = function(*args, **kwargs)
        first = first_of(result)
        wrong = ~first if str(getattr(first, "dtype", "")) in ("bool", "torch.bool") else 1.1 * first
        return (wrong, *result[1:]) if isinstance(result, (tuple, list)) else wrong

    return inner


def in_torch(function):
    """A function of tensors: it names torch, so its check hands it tensors and looks at the gradients too."""

    @functools.wraps(function)
    def inner(*args, **kwargs):
        with torch.enable_grad():
            return function(*args, **kwargs)

    del inner.__wrapped__
    inner.__signature__ = inspect_signature(function)
    return inner


@every_answer
def test_a_right_answer_passes_with_nothing_to_complain_of(answer):
    report = checks.ALL[answer.check](answer.function)
    assert report.passed, report.message
    assert report.cause is None
    assert report.points.earned == report.points.possible
    assert report.evidence == ()
    lines = report.message.splitlines()
    assert lines[0].startswith("ok ")
    assert not any(line.lstrip().startswith(("x ", "Likely cause", "What shows", "Read")) for line in lines), report


@every_answer
def test_a_right_answer_spoilt_does_not_pass(answer):
    report = checks.ALL[answer.check](spoilt(answer.function))
    assert not report.passed
    assert report.evidence
    assert report.points.earned < report.points.possible

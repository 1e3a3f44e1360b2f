"""What the checks say about the wrong answers in reported_answers.py.

    python tests/test_reported_answers.py

prints the same as a table in Markdown.
"""

import functools
import importlib.util
import re
import sys
from pathlib import Path

import pytest

from attnlib import checks
from attnlib.checks.general import GENERAL

torch = pytest.importorskip("torch")

_path = Path(__file__).with_name("reported_answers.py")
_spec = importlib.util.spec_from_file_location("reported_answers", _path)
reported_answers = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = reported_answers  # dataclasses look their module up
_spec.loader.exec_module(reported_answers)
REPORTED, REMARKED = reported_answers.REPORTED, reported_answers.REMARKED

PROPERTY = ("What shows:", "What it means:")


@functools.cache
def report_of(answer, seed=0):
    """The report on an answer; chance is seeded, and left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return checks.ALL[answer.check](answer.function)


def cases(answers):
    return [pytest.param(answer, id=f"{answer.check}-{answer.function.__name__}") for answer in answers]


@pytest.mark.parametrize("answer", cases(REPORTED))
def test_a_reported_answer_is_rejected(answer):
    assert not report_of(answer).passed


@pytest.mark.parametrize("answer", cases(REPORTED))
def test_the_report_says_what_a_careful_instructor_would(answer):
    report = report_of(answer)
    assert report.cause == answer.expected, report.message
    if answer.expected is None:
        assert any(line.strip().startswith(PROPERTY) for line in report.message.splitlines()), report.message
    assert not answer.never or answer.never not in report.message


@pytest.mark.parametrize("answer", cases(REMARKED))
def test_only_a_row_with_nothing_allowed_is_remarked_upon(answer):
    report = report_of(answer)
    assert report.passed
    assert [line for line in report.advice if line.startswith("Remark (a row with nothing allowed)")]


def test_dropout_is_recognised_whatever_the_seed():
    (answer,) = (answer for answer in REPORTED if answer.function.__name__ == "dropout_on")
    assert {report_of(answer, seed).cause for seed in range(10)} == {"random"}


def test_right_torch_code_that_does_not_name_torch_passes():
    assert checks.dot_scores(lambda queries, keys: queries @ keys.transpose(-2, -1)).passed
    assert checks.general_scores(lambda queries, keys, w: queries @ w @ keys.transpose(-2, -1)).passed


def test_expected_causes_exist():
    for answer in REPORTED:
        known = {mistake.id for mistake in checks.ALL[answer.check].bank.mistakes} | set(GENERAL)
        assert set(re.split(r" or | \+ ", answer.expected or "in_place")) <= known, answer


def test_the_answers_come_from_many_places_and_concern_every_check():
    places = {re.split(r"[# ]", answer.thread)[0] for answer in REPORTED}
    assert len(places) >= 35
    assert {answer.check for answer in REPORTED} == set(checks.ALL)


def table():
    """Lines of Markdown: one row for every answer."""
    yield "| thread | what is wrong | what the check says | first sentence of the advice |"
    yield "|---|---|---|---|"
    for answer in [*REPORTED, *REMARKED]:
        report = report_of(answer)
        named = f"named `{report.cause}`" if report.cause else "rejected, not named"
        named = "accepted, with a remark" if report.passed else named
        cells = (answer.thread, f"{answer.check}: {answer.wrong}", named, first_sentence(report.advice))
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def first_sentence(advice):
    """The first sentence of an advice; of two causes, both."""
    first, *others = advice or ("",)
    lines = others[:2] if first.startswith("Likely causes") else [first]
    lines = [line for line in lines if not line.startswith("To try it")]
    return " ".join(re.split(r"(?<=[.?])\s", line.removeprefix("Likely cause: "))[0] for line in lines) or "(none)"


if __name__ == "__main__":
    print("\n".join(table()))

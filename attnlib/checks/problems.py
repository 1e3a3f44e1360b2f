"""Problems: what is wrong with the outcome of one call, from nothing at all to a wrong number."""

from dataclasses import dataclass

import numpy as np

from attnlib.checks.values import is_array, numbers_of

KINDS = ("late", "error", "nothing", "structure", "type", "shape", "not finite", "values")
NEARLY = ", with the right numbers in it"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one outcome.

    Attributes:
        kind: one of KINDS.
        part: the part of the result in which it shows, as "weights".
        place: the index of the first wrong entry.
        words: what came and what was expected, where numbers do not tell.
    """

    kind: str
    part: str = ""
    place: tuple = ()
    words: str = ""


def problem_of(outcome, example, expected, names, close, lists=False, stacks=False):
    """The first thing that is wrong with an outcome, or None.

    Args:
        outcome: the Outcome of a call.
        example: its Example.
        expected: the right result, a tuple of arrays.
        names: the names of its parts.
        close: a function that compares two arrays.
        lists: whether a list of numbers is asked for; one that was returned has become an array.
        stacks: whether a list of arrays is asked for; one that was returned has become an array.
    """
    if not outcome.done:
        return Problem("late")
    if outcome.error is not None:
        refused = example.may_refuse and isinstance(outcome.error, Exception)
        return None if refused else Problem("error")
    value = outcome.value
    if value is None or value is Ellipsis or value is NotImplemented:
        return Problem("nothing")
    if words := _wrong_structure(value, names, expected, lists):
        return Problem("structure", words=words)
    triples = zip(names, value if len(names) > 1 else (value,), expected, strict=True)
    found = [problem for triple in triples if (problem := _wrong_part(*triple, close, stacks))]
    # of equally bad ones the last: weights come before the outputs that are made of them
    return min(reversed(found), key=lambda problem: KINDS.index(problem.kind), default=None)


def _wrong_structure(value, names, expected, lists):
    if lists:
        asked = "a list of numbers"
        if is_array(value) and np.ndim(value):
            return ""
    elif len(names) == 1:
        asked = "one number" if expected[0].ndim == 0 else "one array"
        if not isinstance(value, (tuple, list, dict, set, str)):
            return ""
    else:
        asked = f"a tuple ({', '.join(names)})"
        if isinstance(value, (tuple, list)) and len(value) == len(names):
            return ""
    if lists and isinstance(value, (tuple, list)):
        came = f"a {type(value).__name__} of {len(value)} that are not all numbers"
    elif isinstance(value, (tuple, list, dict, set)):
        came = f"a {type(value).__name__} of {len(value)}"
    else:
        came = "one array" if is_array(value) else type(value).__name__
    right = NEARLY if _is_nearly_right(value, expected) else ""
    return f"{asked} is expected, {came} came back{right}"


def _is_nearly_right(value, expected):
    """Whether a list, or lists in a list, would be the right result if it were an array."""
    try:
        got = np.asarray(value, dtype=float) if isinstance(value, (list, tuple)) and len(expected) == 1 else None
    except (TypeError, ValueError, RuntimeError):
        return False
    return got is not None and got.shape == expected[0].shape and np.allclose(got, expected[0], rtol=1e-4, atol=1e-5)


def _kinds_in(value):
    """A list with what it holds, in words."""
    kinds = " and ".join(sorted({type(x).__name__ for x in value}))
    shapes = " and ".join(sorted({str(tuple(x.shape)) for x in value if is_array(x)}))
    return f"a {type(value).__name__} of {kinds}{f' of the shapes {shapes}' if shapes else ''}"


def _wrong_part(name, value, expected, close, stacks):
    if not is_array(value) and not (expected.ndim == 0 and isinstance(value, (int, float))):
        asked = "an array" if expected.ndim else "a number"
        if stacks and isinstance(value, (tuple, list, dict)):
            asked = "a list of arrays of one shape"
            if isinstance(value, (tuple, list)) and value:
                return Problem("type", name, words=f"{asked} is expected, {_kinds_in(value)} came back")
        if value is None:
            more = "; a method that changes a list, as `append`, returns None"
            return Problem("type", name, words=f"{asked} is expected, None came back{more}")
        return Problem("type", name, words=f"{asked} is expected, {type(value).__name__} came back")
    if "complex" in str(getattr(value, "dtype", "")):
        return Problem("type", name, words=f"real numbers are expected, {value.dtype} came back")
    if tuple(np.shape(value)) != expected.shape:
        return Problem("shape", name)
    got = numbers_of(value)
    if got is None:
        came = "texts" if getattr(value.dtype, "kind", "") == "U" else value.dtype
        return Problem("type", name, words=f"real numbers are expected, {came} came back")
    if (expected.dtype == bool) != (got.dtype == bool):
        asked = "True and False are" if expected.dtype == bool else "a number is"
        return Problem("type", name, words=f"{asked} expected, {got.dtype} came back")
    if close(got, expected):
        return None
    lost = np.argwhere(np.isfinite(expected) & ~np.isfinite(got))
    if len(lost):
        return Problem("not finite", name, tuple(int(i) for i in lost[0]))
    wrong = [i for i in np.ndindex(expected.shape) if not close(got[i], expected[i])]
    return Problem("values", name, wrong[0])

"""The bank of wrong answers: mistakes as changed lines of a right answer, and which mistakes a behaviour fits."""

import itertools
import re
import warnings
from dataclasses import dataclass

import numpy as np

from attnlib.checks.calls import copy_of
from attnlib.checks.errors import translate
from attnlib.checks.values import parts
from attnlib.multi_head import merge_heads, split_heads
from attnlib.weights import softmax

RELATIVE, ABSOLUTE = 1e-4, 1e-5  # numbers that are nearer than this are equal: float32 inside is fine


@dataclass(frozen=True, eq=False)
class Mistake:
    """A wrong answer that is recognised.

    Attributes:
        id: its name, for tables and statistics.
        hint: the likely cause in one or two sentences; never the solution.
        chapter: the number of the chapter to read again.
        wrong: the wrong implementation: lines of the check's right answer and what stands there instead, as
            {"scaled": "scores"}; or a tuple of several of these, where people write it in several ways.
        names: names of which one must occur in the learner's code, where nothing but exceptions tells of the mistake.
        section: the heading in that chapter; "" for the check's own, if it has one.
        alone: whether the mistake hides all others, so that it makes no pairs.
    """

    id: str
    hint: str
    chapter: int
    wrong: dict | tuple
    names: tuple = ()
    section: str = ""
    alone: bool = False

    @property
    def forms(self):
        """Every form of the wrong implementation, as a tuple."""
        return self.wrong if isinstance(self.wrong, tuple) else (self.wrong,)


class Answer:
    """The right answer as code, one named line for each step, from which the wrong ones are made.

    Args:
        code: a function; each of its steps is a line `name = expression`.
        helpers: functions that the code may use, besides `np`, `softmax`, `split_heads` and `merge_heads`.
    """

    def __init__(self, code, **helpers):
        self.code = code.strip() + "\n"
        self.name = re.search(r"def (\w+)", code)[1]
        self.helpers = {
            "np": np,
            "softmax": softmax_along,
            "split_heads": split_heads,
            "merge_heads": merge_heads,
            **helpers,
        }

    def source(self, form):
        """The code of a wrong answer: the right answer with some lines changed.

        Raises:
            ValueError: if a line does not stand exactly once in the right answer.
        """
        code = self.code
        for name, expression in form.items():
            code, found = re.subn(rf"(?m)^( +{name} = ).*$", lambda line, e=expression: line[1] + e, code)
            if found != 1:
                raise ValueError(f"the line {name!r} must stand once in the right answer {self.name}, got {found}")
        return code

    def function(self, form):
        """The function of a wrong answer (or of the right one, for no changed lines)."""
        names = dict(self.helpers)
        exec(compile(self.source(form), f"<{self.name}>", "exec"), names)
        return names[self.name]


def softmax_along(scores, axis=-1):
    """attnlib's softmax along any axis."""
    return np.moveaxis(softmax(np.moveaxis(scores, axis, -1)), -1, axis)


def result_of(fn, arguments, keywords, read):
    """What a call returns as a tuple of NumPy arrays, or the kind of its exception as text.

    Two results are compared with `same`. `read` is applied to what the function returns.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return parts_of(read(fn(*map(copy_of, arguments), **keywords)))
        except Exception as error:  # a wrong answer may raise anything, and that is its behaviour
            return translate(error).kind


def parts_of(value):
    """A returned value as a tuple of NumPy arrays; a tensor's numbers without their record of gradients."""
    return tuple(np.asarray(x.detach() if hasattr(x, "detach") else x) for x in parts(value))


def same(a, b, relative=RELATIVE, loosely=False):
    """Whether two results are the same, number for number, as far as single precision tells.

    Args:
        a: a tuple of arrays, or the kind of an exception.
        b: the same.
        relative: how near two numbers must be.
        loosely: whether two arrays that hold nan count as the same: where it begins depends on the precision.
    """
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a == b
    return len(a) == len(b) and all(
        x.shape == y.shape
        and (x.dtype == bool) == (y.dtype == bool)
        and (close(x, y, relative) or (loosely and _lost(x, y)))
        for x, y in zip(a, b, strict=True)
    )


def _lost(a, b):
    """Whether both hold nan."""
    return a.dtype.kind == "f" == b.dtype.kind and bool(np.isnan(a).any() and np.isnan(b).any())


def close(a, b, relative=RELATIVE, absolute=ABSOLUTE):
    """Whether two arrays of one shape hold the same numbers, NaN and infinities included."""
    if a.dtype.kind not in "biuf" or b.dtype.kind not in "biuf":
        return False
    if "b" in (a.dtype.kind, b.dtype.kind):
        return bool((a == b).all())
    with np.errstate(all="ignore"):  # several times faster than np.allclose, which matters for thousands of pairs
        near = (np.abs(a - b) <= absolute + relative * np.abs(b)) & np.isfinite(b)
    return bool(near.all() or (near | (a == b) | (np.isnan(a) & np.isnan(b))).all())


class Bank:
    """The wrong answers of one check, and what each does on the check's examples.

    Args:
        answer: the right Answer.
        mistakes: the Mistakes.
        calls: the examples, as a list of (arguments, keywords).
        extreme: the numbers of the examples with extreme values.
        relative: how near numbers must be to count as the same.
        read: a function that is applied to what the wrong answers return.

    Behaviours are computed when they are first asked for, and kept.
    """

    def __init__(self, answer, mistakes, calls, extreme, relative, read):
        self.answer, self.mistakes, self.calls = answer, tuple(mistakes), calls
        self.extreme, self.relative, self.read = extreme, relative, read
        self._functions, self._results = {}, {}

    def result(self, forms, number):
        """What a wrong answer, given by one or two forms, returns for one example."""
        key = tuple(map(repr, forms))
        if key not in self._functions:
            self._functions[key] = self.answer.function(merged(forms))
        if (key, number) not in self._results:
            self._results[key, number] = result_of(self._functions[key], *self.calls[number], self.read)
        return self._results[key, number]

    def fits(self, forms, results):
        """Whether a wrong answer does what was seen: `results` holds a result for the number of each example."""
        return all(same(self.result(forms, n), seen, self.relative, n in self.extreme) for n, seen in results.items())

    def explain(self, results, right, names=(), pairs=True):
        """The mistakes, single or in pairs, that behave as seen.

        Args:
            results: what the learner's function did, for the numbers of the examples that count.
            right: what is expected there. A mistake that shows in none of these examples explains nothing.
            names: the names in the learner's code. Many mistakes end in the same exceptions, so without a wrong number
                or shape only a mistake that names the culprit is found.
            pairs: whether to look for two mistakes at once where none fits alone.

        Returns:
            A list of tuples of Mistakes: every single mistake that fits, or else every pair.
        """
        wrong = {n for n in results if not same(results[n], right[n], self.relative)}
        only_raises = all(isinstance(results[n], str) for n in wrong)
        candidates = [
            (mistake, form)
            for mistake in self.mistakes
            for form in mistake.forms
            if (not only_raises or set(mistake.names) & set(names))
            and any(not same(self.result([form], n), right[n], self.relative) for n in results)
        ]
        single = dict.fromkeys((m,) for m, form in candidates if self.fits([form], results))
        if single or not pairs:
            return list(single)
        both = itertools.combinations([(m, form) for m, form in candidates if not m.alone], 2)
        return list(
            dict.fromkeys(
                (a, b)
                for (a, form), (b, other) in both
                if a is not b and not form.keys() & other.keys() and self.fits([form, other], results)
            )
        )


def merged(forms):
    """Several sets of changed lines as one."""
    first, *others = forms
    for form in others:
        first = first | form
    return first

"""A check: examples, the right results, the bank of wrong answers; called with a function, it makes a report."""

import functools
import inspect

from attnlib.checks.bank import RELATIVE, Bank, close, parts_of
from attnlib.checks.calls import SECONDS, call_all, library_of, torch_module
from attnlib.checks.errors import first_line
from attnlib.checks.examples import EXTRA, EXTREME
from attnlib.checks.general import GENERAL
from attnlib.checks.judgement import AXIS_NAMES, Judgement, largest
from attnlib.checks.report import Points, Report, closing_line
from attnlib.checks.values import fresh, in_library, listed, stacked


class Check:
    """Call it with a function and it says what is right, and which mistake is likely.

    Args:
        reference: the right function, for NumPy arrays.
        answer: the right Answer as code, from which the bank's wrong ones are made.
        mistakes: the bank, Mistakes.
        examples: Examples, from small to large.
        returns: name -> axes of each part that the function returns, {"outputs": "query, d_value", ...}.
        exercise: name of the attnlib function that says what is asked; the name of the answer if None.
        about: where it is taught: (number of the chapter, heading of the section); None if that is not written yet.
        tolerance: relative; the default is single precision.
        learns: whether a torch function must let gradients through.
        keeps_precision: whether a function that learns is told when float32 becomes float64.
        lists: whether a list of numbers of any length is returned, the only part. It is then looked at as one array.
        stacks: whether a part that is returned may be a list of arrays, such as the weights of several layers. It is
            then looked at as one array, whose first axis says which.
        shows: a function of an example's arguments and a wrong result that says in a sentence what the result does.
        not_checked: what the check says nothing about.
    """

    def __init__(
        self,
        reference,
        answer,
        mistakes,
        examples,
        returns,
        *,
        exercise=None,
        about=None,
        tolerance=RELATIVE,
        learns=True,
        keeps_precision=True,
        lists=False,
        stacks=False,
        shows=None,
        not_checked,
    ):
        self.name, self.reference, self.answer = answer.name, reference, answer
        self.examples, self.returns = tuple(examples), dict(returns)
        self.lists, self.stacks = lists, stacks
        self.read = listed if lists else stacked if stacks else (lambda value: value)
        self.exercise, self.not_checked = exercise or answer.name, not_checked
        self.learns, self.keeps_precision, self.shows, self.about = learns, keeps_precision, shows, about
        self.close = functools.partial(close, relative=tolerance)
        self.parameters = list(inspect.signature(answer.function({})).parameters)
        extreme = [n for n, e in enumerate(self.examples) if e.kind == EXTREME]
        calls = [(e.arguments, e.named) for e in self.examples]
        self.bank = Bank(answer, mistakes, calls, extreme, tolerance, self.read)
        self.__doc__ = (
            f"Check a function {self.name}({', '.join(self.parameters)}).\n\n"
            f"    report = checks.{self.name}(my_function)\n\n"
            "The function may be NumPy's or PyTorch's. `strict=True` makes remarks count as failures, "
            f"`seconds` is the time limit. Returns a Report. Not checked: {not_checked}."
        )

    def __repr__(self):
        return f"<check of {self.name}({', '.join(self.parameters)}): call it with your function>"

    def section(self, chapter):
        """The heading to read in a chapter, if the check is taught there."""
        return self.about[1] if self.about and self.about[0] == chapter else ""

    def spoken(self, name):
        """What stands before the parentheses where an example is tried."""
        return name

    @functools.cached_property
    def expected(self):
        """The right result of every example, as a tuple of NumPy arrays."""
        return [parts_of(self.read(self.reference(*e.arguments, **e.named))) for e in self.examples]

    def example(self, number, like=None):
        """The arguments of an example, to try a function on: `my_function(*checks.softmax.example(1))`.

        Args:
            number: as in the reports, from 1.
            like: a tensor, to get tensors; NumPy arrays if None.
        """
        if number not in range(1, len(self.examples) + 1):
            raise ValueError(f"example must be a number from 1 to {len(self.examples)}, got {number!r}")
        return tuple(fresh(x, "numpy" if like is None else "torch") for x in self.examples[number - 1].arguments)

    def __call__(self, fn, *, strict=False, seconds=SECONDS):
        """Try a function on every example and report."""
        if fn is Ellipsis or fn is None:
            return self._simple("not_implemented")
        if not callable(fn):
            return self._simple("not_a_function", f"It was handed {type(fn).__name__}.")
        used = {n: call for n, example in enumerate(self.examples) if (call := self._call_for(fn, example))}
        counting = [n for n in used if strict or self.examples[n].kind != EXTRA]
        left_out = [e for n, e in enumerate(self.examples) if n not in used and not e.named]
        if not counting or (strict and left_out):
            asked = inspect.signature(self.answer.function({}))
            return self._simple("wrong_arguments", f"Yours takes {inspect.signature(fn)}, asked is {asked}.")
        try:
            return self._judge(fn, used, counting, seconds).report(seconds, strict)
        except Exception as error:  # what came back may be any object, with any methods
            return self._simple("unreadable", first_line(error))

    def _call_for(self, fn, example):
        """Arguments and keywords of an example as the function takes them, or None if it does not."""
        try:
            signature = inspect.signature(fn)
        except (TypeError, ValueError):  # built-in functions do not tell what they take
            return (example.arguments, {}) if not example.named else None
        named, arguments = dict(example.named), example.arguments
        axes = [name for name in AXIS_NAMES if name in signature.parameters]
        if "axis" in named and not axes:
            return None
        if axes and ("axis" in named or signature.parameters[axes[0]].default is inspect.Parameter.empty):
            named = {axes[0]: named.get("axis", -1)}
        if self.parameters[-1] == "mask" and "mask" in signature.parameters:
            # by name, because another argument may stand before it
            if len(arguments) == len(self.parameters):
                arguments, named["mask"] = arguments[:-1], arguments[-1]
            elif signature.parameters["mask"].default is inspect.Parameter.empty:
                named["mask"] = None
        without_mask = (None,) if self.parameters[len(arguments) :] == ["mask"] else ()
        for more in dict.fromkeys([(), without_mask]):
            try:
                signature.bind(*arguments, *more, **named)
            except TypeError:
                continue
            return (*arguments, *more), named
        return None

    def _judge(self, fn, used, counting, seconds):
        """Call the function on the examples, in the library it is written for, and look at what it did.

        A function that names a library gets its arrays; the other's only where all else fails. One that names none,
        as `scores.softmax(-1)`, gets both, and the better result counts.
        """
        named, found = library_of(fn), []
        for library in ("torch", "numpy") if named == "torch" else ("numpy", "torch"):
            if library == "torch" and torch_module() is None:
                continue
            judgement = self._judged(fn, library, used, counting, seconds)
            found.append(judgement)
            if not judgement.run.in_time or not judgement.failed or (library == named and judgement.is_at_home()):
                break
        return max(found, key=lambda judgement: judgement.rank())

    def _judged(self, fn, library, used, counting, seconds):
        """Call the function on the examples in one library; on the largest twice, to see chance at work."""
        calls = [in_library(used[n], library) for n in [*used, largest(used)]]
        return Judgement(self, fn, library, used, counting, call_all(fn, calls, seconds))

    def _simple(self, cause, more=""):
        """A report without examples."""
        n = sum(example.kind != EXTRA for example in self.examples)
        advice = (f"{GENERAL[cause]} {more}".strip(),)
        points = Points(0, n + 1)
        return Report(False, cause, points, f"{self.name}", (), advice, closing_line(points, self.not_checked))

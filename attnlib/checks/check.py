"""A check: examples, the right results, the bank of wrong answers, and the report that it makes of a function."""

import dis
import functools
import inspect
import math
import types
from dataclasses import dataclass, field

import numpy as np

from attnlib.checks.bank import RELATIVE, Bank, close, parts_of, same
from attnlib.checks.calls import call_all, code_of, is_tensor, library_of, names_of, torch_module
from attnlib.checks.chapters import where_to_read
from attnlib.checks.errors import first_line, is_foreign, translate
from attnlib.checks.numbers import array_text, axes_of, shape_text, two_rows
from attnlib.checks.report import Points, Report
from attnlib.checks.symptoms import symptoms

ORDINARY, EXTREME, EXTRA = "ordinary", "extreme", "extra"
SECONDS = 5.0
LARGEST = 10**6  # numbers that a result may hold before nobody looks at them
AXIS_NAMES = ("axis", "dim")

# What goes wrong in any function. The bank of a check holds what goes wrong in this one.
GENERAL = {
    "not_implemented": "Not implemented yet: put your code in the place of the dots, then run the cell again.",
    "returned_none": "The function returns None. Is the `return` missing, or does one branch lack it?",
    "not_a_function": "The check wants the function itself: its name, without parentheses behind it.",
    "unreadable": "What the function returned cannot be read as numbers.",
    "wrong_arguments": "The function takes other arguments than the exercise says.",
    "endless": "The examples are tiny, so this is probably a loop that never ends.",
    "recursion": "The function calls itself again and again.",
    "memory": "The function asks for more memory than there is, for a tiny example.",
    "in_place": "The function writes into its argument: the caller's array holds other numbers afterwards. "
    "`+=`, `-=`, `x[...] =` do that, also through a second name for the same array.",
    "unused": "An argument is never used.",
    "random": "Two calls with the same input give different results. Is dropout still on, or a random number drawn?",
    "to_detach": "The numbers are right, but no gradient comes back: `.detach()`, `.data`, `torch.no_grad()` "
    "and `torch.tensor(...)` cut the result off from its inputs, and a model could not learn through it.",
    "to_gradient": "The numbers are right, but the gradient is not: a part of the computation is cut off "
    "from autograd.",
    "to_numpy": "A tensor goes in and a NumPy array is made of it: autograd cannot follow. Stay in torch.",
    "to_inplace": "A tensor is changed in place, and autograd still needs the old numbers.",
    "to_view": "`.view` after a transpose: the numbers no longer lie in memory in the order of the axes.",
    "to_float64": "float32 goes in and float64 comes out: slower, and the next layer will refuse it. "
    "A NumPy number or `torch.tensor` of one, or `.double()`, does that.",
    "to_nodim": "torch's softmax was called without an axis. It then guesses one from the number of axes: the first "
    "for one and three axes, the second for two and four.",
}


@dataclass(frozen=True)
class Example:
    """One set of arguments on which a function is tried.

    Attributes:
        label: what is special about it, in a few words.
        arguments: NumPy arrays, numbers and None, as positional arguments.
        named: arguments that are passed by name, and only to functions that take them: {"axis": 0}.
        kind: "ordinary"; "extreme" (huge numbers and the like, left aside where that helps to name a mistake); or
            "extra": looked at, but a wrong result is a remark and fails nothing.
        may_refuse: whether a function may raise an exception instead.
        remark: what to say about a wrong result of an extra example.
    """

    label: str
    arguments: tuple
    named: dict = field(default_factory=dict)
    kind: str = ORDINARY
    may_refuse: bool = False
    remark: str = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one outcome: its kind, and the part and the place where it shows."""

    kind: str  # late, error, nothing, structure, type, shape, not finite, values
    part: str = ""
    place: tuple = ()
    words: str = ""


class Check:
    """Call it with a function and it says what is right, and which mistake is likely.

    Args:
        reference: the right function, for NumPy arrays.
        answer: the right Answer as code, from which the bank's wrong ones are made.
        mistakes: the bank, Mistakes.
        examples: Examples, from small to large.
        returns: name -> axes of each part that the function returns, {"outputs": "query, d_value", ...}.
        exercise: name of the attnlib function that says what is asked; the name of the answer if None.
        tolerance: relative; the default is single precision.
        learns: whether a torch function must let gradients through.
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
        tolerance=RELATIVE,
        learns=True,
        shows=None,
        not_checked,
    ):
        self.name, self.reference, self.answer = answer.name, reference, answer
        self.examples, self.returns = tuple(examples), dict(returns)
        self.exercise, self.not_checked = exercise or answer.name, not_checked
        self.learns, self.shows = learns, shows
        self.close = functools.partial(close, relative=tolerance)
        self.parameters = list(inspect.signature(answer.function({})).parameters)
        extreme = [n for n, e in enumerate(self.examples) if e.kind == EXTREME]
        self.bank = Bank(answer, mistakes, [(e.arguments, e.named) for e in self.examples], extreme, tolerance)
        self.__doc__ = (
            f"Check a function {self.name}({', '.join(self.parameters)}).\n\n"
            f"    report = checks.{self.name}(my_function)\n\n"
            "The function may be NumPy's or PyTorch's. `strict=True` makes remarks count as failures, "
            f"`seconds` is the time limit. Returns a Report. Not checked: {not_checked}."
        )

    def __repr__(self):
        return f"<check of {self.name}({', '.join(self.parameters)}): call it with your function>"

    @functools.cached_property
    def expected(self):
        """The right result of every example, as a tuple of NumPy arrays."""
        return [parts_of(self.reference(*example.arguments, **example.named)) for example in self.examples]

    def example(self, number, like=None):
        """The arguments of an example, to try a function on: `my_function(*checks.softmax.example(1))`.

        Args:
            number: as in the reports, from 1.
            like: a tensor, to get tensors; NumPy arrays if None.
        """
        if number not in range(1, len(self.examples) + 1):
            raise ValueError(f"example must be a number from 1 to {len(self.examples)}, got {number!r}")
        return tuple(_fresh(x, "numpy" if like is None else "torch") for x in self.examples[number - 1].arguments)

    def __call__(self, fn, *, strict=False, seconds=SECONDS):
        """Try a function on every example and report."""
        if fn is Ellipsis or fn is None:
            return self._simple("not_implemented")
        if not callable(fn):
            return self._simple("not_a_function", f"It was handed {type(fn).__name__}.")
        used = {n: call for n, example in enumerate(self.examples) if (call := self._call_for(fn, example))}
        counting = [n for n in used if strict or self.examples[n].kind != EXTRA]
        if not counting:
            asked = inspect.signature(self.answer.function({}))
            return self._simple("wrong_arguments", f"Yours takes {inspect.signature(fn)}, asked is {asked}.")
        try:
            return self._judge(fn, used, counting, seconds).report(seconds)
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
            # the largest example twice, to see chance at work
            calls = [_in_library(used[n], library) for n in [*used, _largest(used)]]
            judgement = _Judgement(self, fn, library, used, counting, call_all(fn, calls, seconds))
            found.append(judgement)
            if not judgement.run.in_time or not judgement.failed or (library == named and judgement.is_at_home()):
                break
        return max(found, key=lambda judgement: judgement.rank())

    def _simple(self, cause, more=""):
        """A report without examples."""
        n = sum(example.kind != EXTRA for example in self.examples)
        advice = (f"{GENERAL[cause]} {more}".strip(),)
        points = Points(0, n + 1)
        return Report(False, cause, points, f"{self.name}", (), advice, _closing(points, self.not_checked))


def _closing(points, not_checked):
    return f"Public checks: {points} points. Not checked here: {not_checked}."


def _fresh(x, library, dtype=None):
    """A copy of an argument for one library: tensors hold single precision, as in models."""
    if not isinstance(x, np.ndarray):
        return x
    x = x.astype(dtype) if dtype and x.dtype.kind == "f" else x.copy()
    if library == "numpy":
        return x
    torch = torch_module()
    if torch is None:
        raise ValueError("tensors were asked for, but torch is not imported")
    return torch.asarray(x.astype(np.float32) if x.dtype.kind == "f" else x)


def _in_library(call, library):
    arguments, named = call
    return tuple(_fresh(x, library) for x in arguments), {name: _fresh(x, library) for name, x in named.items()}


def _largest(used):
    """The example with the most numbers."""
    return max(used, key=lambda n: sum(np.size(x) for x in used[n][0]))


def _is_blank(fn):
    """Whether a function has no body but dots, `pass` or a docstring."""
    code = code_of(fn)
    empty = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "POP_TOP", "COPY_FREE_VARS"}
    return code is not None and {i.opname for i in dis.get_instructions(code)} <= empty


class _Judgement:
    """All that is known of one run of a function: from outcomes to problems, a cause, and a report."""

    def __init__(self, check, fn, library, used, counting, run):
        self.check, self.fn, self.library, self.run = check, fn, library, run
        self.used, self.counting = used, counting
        self.outcomes = dict(zip(used, run.outcomes, strict=False))
        self.again = run.outcomes[-1]
        self.problems = {n: p for n in used if (p := self._problem(check.examples[n], self.outcomes[n], n))}
        self.failed = [n for n in counting if n in self.problems]
        # a function that raises everywhere has not refused anything
        worked = any(n not in self.problems and self.outcomes[n].error is None for n in counting)
        self.right = [n for n in counting if n not in self.problems] if worked else []

    def is_at_home(self):
        """Whether the function works with arrays of this library at all, and returns such arrays."""
        values = [outcome.value for outcome in self.outcomes.values() if outcome.done and outcome.error is None]
        foreign = self.library == "torch" and values and all(isinstance(x, np.ndarray) for x in _parts(values[0]))
        return bool(values) and not foreign

    def rank(self):
        """How well the function did, to compare two libraries."""
        errors = [outcome.error for outcome in self.outcomes.values() if outcome.error is not None]
        strange = sum(is_foreign(error) for error in errors)
        return not self.failed, self.is_at_home(), -strange, len(self.right), -len(errors)

    # --- what is wrong with each outcome ---

    def _problem(self, example, outcome, number):
        """The first thing that is wrong with an outcome, or None."""
        if not outcome.done:
            return Problem("late")
        if outcome.error is not None:
            refused = example.may_refuse and isinstance(outcome.error, Exception)
            return None if refused else Problem("error")
        value, names = outcome.value, list(self.check.returns)
        if value is None or value is Ellipsis or value is NotImplemented:
            return Problem("nothing")
        if words := self._wrong_structure(value, names):
            return Problem("structure", words=words)
        values = dict(zip(names, value if len(names) > 1 else (value,), strict=True))
        expected = dict(zip(names, self.check.expected[number], strict=True))
        problems = [p for name in reversed(names) if (p := self._wrong_part(name, values[name], expected[name]))]
        order = ["type", "shape", "not finite", "values"]
        return min(problems, key=lambda p: order.index(p.kind), default=None)

    def _wrong_structure(self, value, names):
        asked = "one array" if len(names) == 1 else f"a tuple ({', '.join(names)})"
        if len(names) == 1:
            if not isinstance(value, (tuple, list, dict, set, str)):
                return ""
            came = type(value).__name__ if isinstance(value, str) else f"a {type(value).__name__} of {len(value)}"
        elif isinstance(value, (tuple, list)):
            if len(value) == len(names):
                return ""
            came = f"a {type(value).__name__} of {len(value)}"
        else:
            came = "one array" if _is_array(value) else type(value).__name__
        return f"{asked} is expected, {came} came back"

    def _wrong_part(self, name, value, expected):
        if not _is_array(value) and not (expected.ndim == 0 and isinstance(value, (int, float))):
            return Problem("type", name, words=f"an array is expected, {type(value).__name__} came back")
        if tuple(np.shape(value)) != expected.shape:
            return Problem("shape", name)
        got = _numbers(value)
        if got is None:
            return Problem("type", name, words=f"real numbers are expected, {value.dtype} came back")
        if (expected.dtype == bool) != (got.dtype == bool):
            asked = "True and False are" if expected.dtype == bool else "a number is"
            return Problem("type", name, words=f"{asked} expected, {got.dtype} came back")
        if self.check.close(got, expected):
            return None
        lost = np.argwhere(np.isfinite(expected) & ~np.isfinite(got))
        if len(lost):
            return Problem("not finite", name, tuple(int(i) for i in lost[0]))
        wrong = [i for i in np.ndindex(expected.shape) if not self.check.close(got[i], expected[i])]
        return Problem("values", name, wrong[0])

    def _seen(self, number):
        """What an outcome shows, in the form in which the bank keeps behaviours."""
        outcome = self.outcomes[number]
        if not outcome.done:
            return "late"
        if outcome.error is not None:
            return translate(outcome.error).kind
        values = outcome.value if isinstance(outcome.value, (tuple, list)) else (outcome.value,)
        parts = [_numbers(x) for x in values[:9]]
        return "odd" if any(part is None for part in parts) else tuple(parts)

    # --- the likely cause ---

    def report(self, seconds):
        """The report on the whole run."""
        care = "" if self.failed else self._care()
        earned = len(self.right)
        earned += bool(earned) and not (care or self._general())
        points = Points(earned, len(self.counting) + 1)
        closing = _closing(points, ", ".join([*self._left_out(), self.check.not_checked]))
        if not self.failed and not care:
            extra = [self.check.examples[n] for n in self.problems]
            remarks = [f"Remark ({e.label}): {e.remark}" for e in extra] + self._precision()
            title = f"{self.check.name}: right on {self._all()}"
            return Report(True, None, points, title, (), tuple(dict.fromkeys(remarks)), closing)
        if care:
            cause, *advice = care
            title = f"{self.check.name}: the numbers are right on {self._all()}, but"
            return Report(False, cause, points, title, (), tuple(advice), closing)
        number = self._telling()
        cause, advice = self._explain(number, seconds)
        if cause == "not_implemented":
            return Report(False, cause, points, self.check.name, (), tuple(advice), closing)
        advice += self._more(number, cause)
        title = f"{self.check.name}, example {number + 1} of {len(self.check.examples)}: {self._setting(number)}"
        return Report(False, cause, points, title, tuple(self._evidence(number)), tuple(advice), closing)

    def _all(self):
        """The number of examples, in words."""
        return f"all {len(self.counting)} examples" if len(self.counting) > 1 else "the only example"

    def _left_out(self):
        """Parameters that no example could hand over, because the function does not take them."""
        longest = max((example.arguments for example in self.check.examples), key=len)
        handed = max(len(self.check.examples[n].arguments) for n in self.used)
        return [f"the argument {name}" for name in self.check.parameters[handed : len(longest)]]

    def _telling(self):
        """The example to show: the smallest one that came out wrong, ordinary numbers first."""
        return min(self.failed, key=lambda n: (self.check.examples[n].kind != ORDINARY, n))

    def _general(self):
        """The id of a mistake that any function can have and that the outcomes show, or None."""
        done = [outcome for outcome in self.outcomes.values() if outcome.done]
        if any(outcome.changed for outcome in done):
            return "in_place"
        first = self.outcomes[_largest(self.used)]
        if first.done and self.again.done and first.error is None and self.again.error is None:
            before, after = self._seen(_largest(self.used)), _seen_value(self.again.value)
            if isinstance(before, tuple) and isinstance(after, tuple) and not same(before, after):
                return "random"
        return None

    def _explain(self, number, seconds):
        """The id of the cause, if it is known, and sentences about it."""
        outcome, problem = self.outcomes[number], self.problems[number]
        if not self.run.in_time:
            left = "" if self.run.stopped else " It is still running behind the scenes: restart the kernel."
            return "endless", [f"Still running after {seconds:g} s. {GENERAL['endless']}{left}"]
        if (general := self._general()) == "random":
            return self._named(general)
        if problem.kind == "nothing":
            blank = outcome.value is not None or _is_blank(self.fn)
            return self._named("not_implemented" if blank else "returned_none")
        if isinstance(outcome.error, NotImplementedError):
            return self._named("not_implemented")
        if any("Implicit dimension choice" in text for text in self.run.warned):
            return self._named("to_nodim")
        if problem.kind in ("values", "not finite") and all(self.check.examples[n].kind == EXTRA for n in self.failed):
            # strict, and right on everything else: what is a remark otherwise says it better than any guess
            return None, [f"What shows: {self.check.examples[number].remark}"]
        if found := self._recognised():
            return found
        meaning = translate(outcome.error) if problem.kind == "error" else None
        unused = self._unused() if problem.kind not in ("structure", "type") else []
        if unused and not (meaning and meaning.cause):
            names = " and ".join(f"`{name}`" for name in unused)
            be = "is" if len(unused) == 1 else "are"
            why = "Forgotten, or does the code work with another name?"
            return "unused", [f"Likely cause: {names} {be} never used in the function. {why}"]
        if meaning:
            return meaning.cause, [f"What it means: {meaning.words}"] if meaning.words else []
        if general:
            return self._named(general)
        return None, [f"What shows: {sentence}" for sentence in self._symptoms(number)]

    def _recognised(self):
        """The bank's explanation, as cause and sentences, or None."""
        # a refusal of whole numbers is nobody's mistake
        seen = {n: self._seen(n) for n in self.used if not self.check.examples[n].may_refuse or n in self.problems}
        right, kinds = dict(enumerate(self.check.expected)), [e.kind for e in self.check.examples]
        ordinary = [n for n in self.used if kinds[n] == ORDINARY]
        shortest = min((len(self.check.examples[n].arguments) for n in ordinary), default=0)
        plain = [n for n in ordinary if len(self.check.examples[n].arguments) == shortest]
        readable = [n for n in plain if n not in self.problems or self.problems[n].kind in ("values", "not finite")]
        # from all that was seen to less and less, because a function may have more than the mistakes of the bank; but
        # numbers on ordinary examples without a mask are never left aside
        levels = (
            self.counting,
            [n for n in self.used if kinds[n] != EXTRA],
            ordinary,
            plain,
            [self._telling(), *readable],
        )
        for level in dict.fromkeys(map(tuple, levels)):
            results = {n: seen[n] for n in level if n in seen}
            if not any(n in self.failed for n in results):
                continue
            groups = self.check.bank.explain(results, right, names_of(self.fn), pairs=len(results) > 1)
            shared = [m for m in groups[0] if all(m in group for group in groups)] if groups else []
            if groups and len(groups[0]) == 1:
                mistakes = [group[0] for group in groups]
                if len({m.hint for m in mistakes}) == 1:
                    return self._described(" or ".join(m.id for m in mistakes), mistakes[:1])
            elif shared:
                return self._described(" + ".join(m.id for m in shared), shared)
        return None

    def _described(self, cause, mistakes):
        if len(mistakes) == 1:
            advice = [f"Likely cause: {mistakes[0].hint}"]
        else:
            advice = ["Likely causes, two at once:"] + [f"({n}) {m.hint}" for n, m in enumerate(mistakes, 1)]
        chapters = dict.fromkeys(m.chapter for m in mistakes)
        return cause, advice + where_to_read(chapters, self.check.exercise)

    def _named(self, cause):
        """A cause from the table of general mistakes, with its sentence."""
        return cause, [GENERAL[cause]]

    def _unused(self):
        """Arguments that the function's code never reads, unless every one is (a wrapper, a built-in)."""
        code = code_of(self.fn)
        if code is None or not isinstance(self.fn, types.FunctionType):
            return []
        own = [name for name in code.co_varnames[: code.co_argcount] if name not in ("self", *AXIS_NAMES)]
        own = own[: max(len(arguments) for arguments, _ in self.used.values())]
        read = {str(part) for i in dis.get_instructions(code) if "LOAD" in i.opname for part in _names_in(i.argval)}
        read |= set(code.co_cellvars)
        return [name for name in own if name not in read]

    def _symptoms(self, number):
        """What can be said about a wrong result that no wrong answer of the bank explains, at most two sentences."""
        found = symptoms(self.check, self.problems, self.outcomes, self.used, number, self._probe)
        sentences = [sentence for sentence, _ in zip(found, range(2), strict=False)]
        return sentences or ["nothing that the check has a word for. Go through this example by hand, line by line."]

    def _probe(self, arguments, named):
        """What the function returns for other arguments, as a tuple of arrays, or None."""
        run = call_all(self.fn, [_in_library((arguments, named), self.library)], SECONDS)
        outcome = run.outcomes[0]
        if not outcome.done or outcome.error is not None:
            return None
        seen = _seen_value(outcome.value)
        return None if isinstance(seen, str) else seen

    # --- more than numbers: what a right result must also do ---

    def _care(self):
        """Cause and sentences where the numbers are right and something else is not; empty if nothing is."""
        general = self._general()
        if general:
            cause, advice = self._named(general)
            return (cause, *advice)
        return self._gradient() if self.library == "torch" and self.check.learns else ()

    def _gradient(self):
        """What is wrong with the dtype or the gradient of a torch function; empty if nothing is."""
        tensors = [x for n in self.counting for x in _parts(self.outcomes[n].value)]
        if any(not is_tensor(x) for x in tensors if _is_array(x)):
            return ("to_numpy", GENERAL["to_numpy"])
        torch = torch_module()
        if any(x.dtype == torch.float64 for x in tensors if is_tensor(x)):
            return ("to_float64", GENERAL["to_float64"])
        number = next((n for n in self.counting if self._may_learn(n)), None)
        if number is None:
            return ()
        (arguments, named), rng = self.used[number], np.random.default_rng(0)
        parts = [rng.standard_normal(part.shape) for part in self.check.expected[number]]
        learnable = [i for i, x in enumerate(arguments) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
        directions = {i: rng.standard_normal(arguments[i].shape) for i in learnable}

        @functools.wraps(getattr(self.fn, "forward", self.fn), assigned=(), updated=())
        def gradients(*tensors):
            for i in learnable:
                tensors[i].requires_grad_()
            with torch.enable_grad():
                values = _parts(self.fn(*tensors, **others))
                loss = sum((x * torch.asarray(r, dtype=x.dtype)).sum() for x, r in zip(values, parts, strict=True))
            if not loss.requires_grad:
                return None
            loss.backward()
            return [tensors[i].grad for i in learnable]

        tensors, others = _in_library((arguments, named), "torch")
        outcome = call_all(gradients, [(tensors, {})], SECONDS).outcomes[0]
        if outcome.error is not None:
            translation = translate(outcome.error)
            what = f"With gradients your function raises {first_line(outcome.error)}"
            return (translation.cause or "to_gradient", what, *([translation.words] if translation.words else []))
        if not outcome.done:
            return ()
        if outcome.value is None:
            return ("to_detach", GENERAL["to_detach"])
        for i, grad in zip(learnable, outcome.value, strict=True):
            slope = self._slope(number, i, directions[i], parts)
            mine = 0.0 if grad is None else float((grad.numpy() * directions[i]).sum())
            if not close(np.asarray(mine), np.asarray(slope), 1e-2, 1e-3):
                lost = f" No gradient reaches `{self.check.parameters[i]}`." if mine == 0 else ""
                cause = "to_detach" if mine == 0 else "to_gradient"
                return (cause, GENERAL[cause] + lost)
        return ()

    def _may_learn(self, number):
        """Whether an example is ordinary and holds numbers that a gradient can reach."""
        arguments, _ = self.used[number]
        example = self.check.examples[number]
        return example.kind == ORDINARY and any(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in arguments)

    def _slope(self, number, which, direction, parts, step=1e-5):
        """How fast the right result moves when one argument moves in a direction, by central differences."""
        example, sums = self.check.examples[number], []
        for sign in (1, -1):
            moved = [x + sign * step * direction if i == which else x for i, x in enumerate(example.arguments)]
            values = parts_of(self.check.reference(*moved, **example.named))
            sums.append(sum(float((x * r).sum()) for x, r in zip(values, parts, strict=True)))
        return (sums[0] - sums[1]) / (2 * step)

    def _precision(self):
        """A remark where a NumPy function turns single into double precision."""
        number = next((n for n in self.counting if self._may_learn(n)), None)
        if self.library != "numpy" or number is None or not self.check.learns:
            return []
        arguments, named = self.used[number]
        single = tuple(_fresh(x, "numpy", np.float32) for x in arguments)
        outcome = call_all(self.fn, [(single, named)], SECONDS).outcomes[0]
        if any(getattr(x, "dtype", None) == np.float64 for x in _parts(outcome.value)):
            return [
                "Remark: float32 goes in and float64 comes out, which takes twice the memory. A NumPy number as "
                "`np.sqrt(4)` does that, or an array that is made without the dtype of the input."
            ]
        return []

    # --- what is shown ---

    def _setting(self, number):
        """The label of an example, with the shapes of its arrays."""
        example = self.check.examples[number]
        shapes = [
            f"{name} {shape_text(x.shape)}"
            for name, x in zip(self.check.parameters, example.arguments, strict=False)
            if isinstance(x, np.ndarray)
        ]
        shapes += [f"{name}={x}" for name, x in self._axis(number).items()]
        return example.label + (f"   ({', '.join(shapes)})" if shapes else "")

    def _axis(self, number):
        """The axis that an example hands over by name, as the function calls it."""
        return {name: x for name, x in self.used[number][1].items() if name in AXIS_NAMES}

    def _evidence(self, number):
        """Lines that show what came out of an example and what should have."""
        outcome, problem = self.outcomes[number], self.problems[number]
        arguments = zip(self.check.parameters, self.check.examples[number].arguments, strict=False)
        given = dict(arguments) | self._axis(number)
        if sum(np.size(x) for x in given.values()) <= 16:
            yield ", ".join(f"{name} = {array_text(x)}" for name, x in given.items() if x is not None)
        if problem.kind == "error":
            if outcome.line:
                yield f"your line   {outcome.line}"
            yield f"raised      {first_line(outcome.error)}"
        elif problem.words:
            yield f"{problem.part}: {problem.words}" if problem.part else problem.words
        elif problem.part:
            yield from self._compared(number, problem)

    def _compared(self, number, problem):
        position = list(self.check.returns).index(problem.part)
        expected = self.check.expected[number][position]
        value = _parts(self.outcomes[number].value)[position]
        if problem.kind == "shape":
            axes = ", ".join(axes_of(self.check.returns[problem.part], expected.ndim))
            asked = f"the shape ({axes}) = {shape_text(expected.shape)}" if axes else "one number"
            yield f"{problem.part}   expected {asked}"
            yield f"{' ' * len(problem.part)}   got the shape {shape_text(np.shape(value))}"
            return
        got = _numbers(value)
        row = problem.place[:-1]
        where = f"{problem.part}{list(row) if row else ''}"
        right, wrong = two_rows(expected[row], got[row])
        yield f"{where}   expected {right}"
        yield f"{' ' * len(where)}   got      {wrong}"
        if expected.ndim > 1:
            rows = [i for i in np.ndindex(expected.shape[:-1]) if not self.check.close(got[i], expected[i])]
            yield f"the shape {shape_text(expected.shape)} is right; {_count(rows, expected.shape[:-1])}"

    def _more(self, number, cause):
        """How to try the example, and what the function printed."""
        if cause == "endless":
            return []
        example = self.check.examples[number]
        named = "".join(f", {name}={x}" for name, x in self._axis(number).items())
        like = ", like=torch.empty(0)" if self.library == "torch" else ""
        name = getattr(self.fn, "__name__", "my_function")
        name = name if str(name).isidentifier() else "my_function"
        lines = [f"To try it: {name}(*checks.{self.check.name}.example({number + 1}{like}){named})"]
        if self.run.printed.strip():
            printed = " | ".join(self.run.printed.strip().splitlines())
            lines.append(f"Your function printed: {printed[:100]}")
        return lines if example.arguments else []


def _count(rows, shape):
    total = int(np.prod(shape))
    return f"{len(rows)} of {total} rows {'is' if len(rows) == 1 else 'are'} wrong"


def _is_array(x):
    return isinstance(x, (np.ndarray, np.generic)) or is_tensor(x)


def _parts(value):
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _seen_value(value):
    parts = [_numbers(x) for x in _parts(value)[:9]]
    return "odd" if any(part is None for part in parts) else tuple(parts)


def _numbers(x):
    """The numbers of an array, tensor or number as a NumPy array; None if there are none, or far too many."""
    if not _is_array(x) and not isinstance(x, (bool, int, float)):
        return None
    if math.prod(np.shape(x)) > LARGEST:
        return None
    try:
        numbers = np.asarray(x.detach() if is_tensor(x) else np.ma.filled(x, 0) if np.ma.isMA(x) else x)
    except (TypeError, RuntimeError, ValueError):
        return None
    return numbers if numbers.dtype.kind in "biuf" else None


def _names_in(argument):
    """The names that an instruction loads: one, or two at once."""
    return argument if isinstance(argument, tuple) else (argument,)

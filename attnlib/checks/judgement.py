"""The judgement on one run of a function: from outcomes to problems, a likely cause, and a report."""

import dis
import types

import numpy as np

from attnlib.checks.bank import same
from attnlib.checks.calls import SECONDS, call_all, code_of, names_of
from attnlib.checks.chapters import where_to_read
from attnlib.checks.errors import first_line, is_foreign, translate
from attnlib.checks.examples import EXTRA, ORDINARY
from attnlib.checks.general import GENERAL
from attnlib.checks.gradients import gradient_fault, may_learn
from attnlib.checks.numbers import argument_text, array_text, axes_of, row_text, shape_text, two_rows
from attnlib.checks.problems import NEARLY, Problem, problem_of
from attnlib.checks.report import Points, Report, closing_line
from attnlib.checks.symptoms import symptoms
from attnlib.checks.values import fresh, in_library, numbers_of, parts, seen_value, size_of

AXIS_NAMES = ("axis", "dim")


class Judgement:
    """All that is known of one run of a function: from outcomes to problems, a cause, and a report."""

    def __init__(self, check, fn, library, used, counting, run):
        self.check, self.fn, self.library, self.run = check, fn, library, run
        self.used, self.counting = used, counting
        self.outcomes = dict(zip(used, run.outcomes, strict=False))
        for outcome in run.outcomes:
            outcome.value = check.read(outcome.value)
        self.again = run.outcomes[-1]
        examples, names = check.examples, list(check.returns)
        expected = check.expected
        found = {
            n: problem_of(self.outcomes[n], examples[n], expected[n], names, check.close, check.lists, check.stacks)
            for n in used
        }
        self.problems = {n: problem for n, problem in found.items() if problem}
        if not run.in_time:  # perhaps only the repeated call did not end
            late = next((n for n in used if not self.outcomes[n].done), largest(used))
            self.problems[late] = Problem("late")
        self.failed = [n for n in counting if n in self.problems]
        # a function that raises everywhere has not refused anything
        worked = any(n not in self.problems and self.outcomes[n].error is None for n in counting)
        self.right = [n for n in counting if n not in self.problems] if worked else []
        self.general = self._general()

    def is_at_home(self):
        """Whether the function works with arrays of this library at all, and returns such arrays."""
        values = [outcome.value for outcome in self.outcomes.values() if outcome.done and outcome.error is None]
        foreign = self.library == "torch" and values and all(isinstance(x, np.ndarray) for x in parts(values[0]))
        return bool(values) and not foreign

    def rank(self):
        """How well the function did, to compare two libraries."""
        errors = [outcome.error for outcome in self.outcomes.values() if outcome.error is not None]
        strange = sum(is_foreign(error) for error in errors)
        return not self.failed, self.is_at_home(), -strange, len(self.right), -len(errors)

    def _seen(self, number):
        """What an outcome shows, in the form in which the bank keeps behaviours."""
        outcome = self.outcomes[number]
        if not outcome.done:
            return "late"
        if outcome.error is not None:
            return translate(outcome.error).kind
        return seen_value(outcome.value)

    # --- the likely cause ---

    def report(self, seconds, strict):
        """The report on the whole run."""
        care = () if self.failed else self._care(strict)
        earned = len(self.right)
        earned += bool(earned) and not (care or self.general)
        points = Points(earned, len(self.counting) + 1)
        closing = closing_line(points, ", ".join([*self._left_out(), self.check.not_checked]))
        if not self.failed and not care:
            extra = [self.check.examples[n] for n in self.problems]
            remarks = [f"Remark ({e.label}): {e.remark}" for e in extra]
            remarks += [f"Remark: {words}" for words in self._precision()] + self._printed()
            title = f"{self.check.name}: right on {self._all()}"
            return Report(True, None, points, title, (), tuple(dict.fromkeys(remarks)), closing)
        if care:
            cause, *advice = care
            title = f"{self.check.name}: the numbers are right on {self._all()}, but"
            return Report(False, cause, points, title, (), (*advice, *self._printed()), closing)
        number = self._telling()
        cause, advice = self._explain(number, seconds)
        if cause == "not_implemented":
            return Report(False, cause, points, self.check.name, (), tuple(advice), closing)
        advice += self._more(number, cause)
        title = f"{self.check.name}, example {number + 1}: {self._setting(number)}"
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
        """The example to show: the one that does not end, or the smallest one that is wrong, ordinary numbers first."""
        if not self.run.in_time:
            return next(n for n, problem in self.problems.items() if problem.kind == "late")
        return min(self.failed, key=lambda n: (self.check.examples[n].kind != ORDINARY, n))

    def _general(self):
        """The id of a mistake that any function can have and that the outcomes show, or None."""
        done = [outcome for outcome in self.outcomes.values() if outcome.done]
        if any(outcome.changed for outcome in done):
            return "in_place"
        first = self.outcomes[largest(self.used)]
        if first.done and self.again.done and first.error is None and self.again.error is None:
            before, after = self._seen(largest(self.used)), seen_value(self.again.value)
            if isinstance(before, tuple) and isinstance(after, tuple) and not same(before, after):
                return "random"
        return None

    def _explain(self, number, seconds):
        """The id of the cause, if it is known, and sentences about it."""
        outcome, problem = self.outcomes[number], self.problems[number]
        if not self.run.in_time:
            left = "" if self.run.stopped else " It is still running behind the scenes: restart the kernel."
            return "endless", [f"Still running after {seconds:g} s for all examples. {GENERAL['endless']}{left}"]
        if self.general == "random":
            return self._named(self.general)
        if problem.kind == "nothing":
            blank = outcome.value is not None or is_blank(self.fn)
            return self._named("not_implemented" if blank else "returned_none")
        if isinstance(outcome.error, NotImplementedError):
            return self._named("not_implemented")
        if any("Implicit dimension choice" in text for text in self.run.warned):
            return self._named("to_nodim")
        if problem.kind in ("values", "not finite") and all(self.check.examples[n].kind == EXTRA for n in self.failed):
            # strict, and right on everything else: what is a remark otherwise says it better than any guess
            return None, [f"What shows: {self.check.examples[number].remark}"]
        if problem.kind == "structure" and problem.words.endswith(NEARLY):
            return None, ["The numbers of this example are right: only the list has still to become one array."]
        if found := self._recognised():
            return found
        meaning = translate(outcome.error) if problem.kind == "error" else None
        unused = self._unused() if problem.kind not in ("structure", "type") else []
        if unused and not (meaning and meaning.cause):
            names = " and ".join(f"`{name}`" for name in unused)
            return "unused", [f"Likely cause: {names} {'is' if len(unused) == 1 else 'are'} {GENERAL['unused']}"]
        words = [f"What it means: {meaning.words}"] if meaning and meaning.words else []
        if self.general and not (meaning and meaning.cause):
            return self.general, [*words, GENERAL[self.general]]
        if meaning:
            return meaning.cause, words
        return None, self._symptoms(number)

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
        places = dict.fromkeys((m.chapter, m.section or self.check.section(m.chapter)) for m in mistakes)
        return cause, advice + where_to_read(places, self.check.exercise)

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
        read = set(code.co_cellvars)
        for i in dis.get_instructions(code):
            if "LOAD_FAST" in i.opname:  # not LOAD_ATTR: `peak.values` does not read the argument `values`
                names = i.argval if isinstance(i.argval, tuple) else (i.argval,)
                read.update(names[1:] if i.opname.startswith("STORE") else names)
        return [name for name in own if name not in read]

    def _symptoms(self, number):
        """What can be said about a wrong result that no wrong answer of the bank explains, at most two sentences."""
        found = symptoms(self.check, self.problems, self.outcomes, self.used, number, self._probe)
        sentences = [sentence for sentence, _ in zip(found, range(2), strict=False)]
        if not sentences and not self.problems[number].words:
            return ["The check does not recognise this mistake. Go through the example by hand, line by line."]
        return [f"What shows: {sentence}" for sentence in sentences]

    def _probe(self, arguments, named):
        """What the function returns for other arguments, as a tuple of arrays, or None."""
        run = call_all(self.fn, [in_library((arguments, named), self.library)], SECONDS)
        outcome = run.outcomes[0]
        if not outcome.done or outcome.error is not None:
            return None
        seen = seen_value(self.check.read(outcome.value))
        return None if isinstance(seen, str) else seen

    # --- more than numbers: what a right result must also do ---

    def _care(self, strict):
        """Cause and sentences where the numbers are right and something else is not; empty if nothing is."""
        if self.general:
            return (self.general, GENERAL[self.general])
        if self._is_float():
            return ("float", GENERAL["float"])
        if strict and (doubled := self._precision()):
            return ("to_float64", *doubled)
        number = self._learnable()
        if self.library != "torch" or number is None:
            return ()
        returned = [self.outcomes[n].value for n in self.counting]
        return gradient_fault(self.check, self.fn, returned, number, self.used[number])

    def _is_float(self):
        """Whether floating-point numbers come back where all right results are whole numbers."""
        whole = all(part.dtype.kind in "iu" for right in self.check.expected for part in right)
        returned = [x for n in self.counting for x in seen_value(self.outcomes[n].value)]
        return whole and any(x.dtype.kind == "f" and x.size for x in returned)  # np.array([]) is one of floats

    def _learnable(self):
        """The first example on which gradients and precision are looked at, or None."""
        if not self.check.learns:
            return None
        return next((n for n in self.counting if may_learn(self.check.examples[n])), None)

    def _precision(self):
        """A remark where a NumPy function turns single into double precision."""
        number = self._learnable()
        if self.library != "numpy" or number is None or not self.check.keeps_precision:
            return []
        arguments, named = self.used[number]
        single = tuple(fresh(x, "numpy", np.float32) for x in arguments)
        outcome = call_all(self.fn, [(single, named)], SECONDS).outcomes[0]
        if any(getattr(x, "dtype", None) == np.float64 for x in parts(outcome.value)):
            return [
                "float32 goes in and float64 comes out, which takes twice the memory. A NumPy number as "
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
        if size_of(list(given.values())) <= 16:
            yield ", ".join(f"{name} = {argument_text(x)}" for name, x in given.items() if x is not None)
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
        value = parts(self.outcomes[number].value)[position]
        if problem.kind == "shape" and self.check.lists:
            yield f"{problem.part}   expected {row_text(expected)}"
            yield f"{' ' * len(problem.part)}   got      {array_text(numbers_of(value))}"
            return
        if problem.kind == "shape":
            axes = ", ".join(axes_of(self.check.returns[problem.part], expected.ndim))
            asked = f"the shape ({axes}) = {shape_text(expected.shape)}" if axes else "one number"
            yield f"{problem.part}   expected {asked}"
            yield f"{' ' * len(problem.part)}   got the shape {shape_text(np.shape(value))}"
            return
        got = numbers_of(value)
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
            return self._printed()
        example = self.check.examples[number]
        named = "".join(f", {name}={x}" for name, x in self.used[number][1].items() if not isinstance(x, np.ndarray))
        named += ", None" * (len(self.used[number][0]) - len(example.arguments))
        like = ", like=torch.empty(0)" if self.library == "torch" else ""
        name = getattr(self.fn, "__name__", "my_function")
        name = name if str(name).isidentifier() else "my_function"
        lines = [f"To try it: {self.check.spoken(name)}(*checks.{self.check.name}.example({number + 1}{like}){named})"]
        return lines + self._printed()

    def _printed(self):
        """The beginning of what the function printed, on all examples."""
        text = " | ".join(self.run.printed.strip().splitlines())
        more = " ..." if len(text) > 100 else ""
        return [f"Your function printed: {text[:100]}{more}"] if text else []


def is_blank(fn):
    """Whether a function has no body but dots, `pass` or a docstring."""
    code = code_of(fn)
    empty = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "POP_TOP", "COPY_FREE_VARS"}
    return code is not None and {i.opname for i in dis.get_instructions(code)} <= empty


def largest(used):
    """The example with the most numbers."""
    return max(used, key=lambda n: size_of(used[n][0]))


def _count(rows, shape):
    total = int(np.prod(shape))
    return f"{len(rows)} of {total} rows {'is' if len(rows) == 1 else 'are'} wrong"

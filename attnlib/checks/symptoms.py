"""What shows in a wrong result that no known wrong answer explains: a constant factor, a sum, a mixed batch."""

import itertools

import numpy as np

from attnlib.checks.bank import close
from attnlib.checks.numbers import axes_of, row_text


def symptoms(check, problems, outcomes, used, number, probe):
    """Sentences on what a wrong result violates, the most telling ones first.

    Args:
        check: the Check.
        problems: number of an example -> its Problem.
        outcomes: number of an example -> its Outcome.
        used: number of an example -> (arguments, keywords).
        number: the example that is shown.
        probe: a function of (arguments, keywords) that calls the learner's function again.
    """
    problem = problems[number]
    if problem.kind == "shape":
        yield from _shape(check, outcomes, number, problem)
    if problem.kind not in ("values", "not finite"):
        return
    position = list(check.returns).index(problem.part)
    expected, got = check.expected[number][position], _numbers(outcomes[number].value, position)
    if problem.kind == "not finite":
        kind = "nan (not a number)" if np.isnan(got[problem.place]) else "infinity"
        yield f"{kind} in {problem.part}{list(problem.place)}, from finite numbers."
        return
    if check.shows:
        yield check.shows(used[number][0], got)
    yield from _scale(check, used[number][0], problem.part, expected, got)
    yield from _places(check, problem.part, expected, got)
    if problem.part == "weights":
        yield from _shares(expected, got)
    if len(check.returns) > 1 and position == 0 and "weights" in check.returns:
        yield "the weights are right; what is made of them is not."
    yield from _batch(check, problems, used, probe)
    if check.examples[number].kind == "extreme":
        yield "ordinary numbers come out right; these do not. Look for what overflows, or becomes 0/0."


def _numbers(value, position):
    value = value[position] if isinstance(value, (tuple, list)) else value
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def _shape(check, outcomes, number, problem):
    position = list(check.returns).index(problem.part)
    expected, got = check.expected[number][position], _numbers(outcomes[number].value, position)
    words = axes_of(check.returns[problem.part], expected.ndim)
    for order in _orders(expected.ndim) if expected.ndim == got.ndim and expected.size == got.size else ():
        if got.shape == expected.transpose(order).shape and close(got, expected.transpose(order)):
            came = ", ".join(words[i] for i in order)
            yield f"the numbers are right, but the axes come as ({came})."
            return
    if got.size == expected.size and got.squeeze().shape == expected.squeeze().shape:
        same = close(got.reshape(expected.shape), expected)
        yield f"an axis of length 1 is missing or too many{'; the numbers are right' if same else ''}."
    elif got.ndim != expected.ndim:
        what = "there are more axes than asked for" if got.ndim > expected.ndim else "axes are missing"
        yield f"{what}: the result should have ({', '.join(words)})."
    elif sorted(got.shape) == sorted(expected.shape):
        yield "the sizes are right, but they stand in another order."


def _orders(n):
    return [order for order in itertools.permutations(range(n)) if order != tuple(range(n))] if n <= 4 else []


def _scale(check, arguments, part, expected, got):
    known = np.abs(expected) > 1e-3
    if not known.any() or expected.dtype == bool or got.dtype == bool:
        return
    ratios = got[known] / expected[known]
    factor = float(np.median(ratios))
    if close(got, factor * expected, 1e-3) and abs(factor) > 1e-6 and abs(factor - 1) > 1e-3:
        name = _name_of(factor, arguments, check.parameters)
        yield f"every number of {part} is the right one times {factor:.4g}{name}."
    elif expected.size > 1 and close(got - expected, np.full(expected.shape, (got - expected).mean()), 1e-3):
        yield f"every number of {part} is too large by {float((got - expected).mean()):.4g}."


def _name_of(factor, arguments, names):
    """What a factor is, if it is a size of the example or its root."""
    if abs(factor + 1) < 1e-3:
        return ": the sign is turned round"
    for name, x in zip(names, arguments, strict=False):
        for axis, size in enumerate(np.shape(x)):
            if size < 2:
                continue
            which = f"the size of axis {axis - np.ndim(x)} of {name}"
            forms = {
                size: f" = {which}",
                1 / size: f" = 1 / {which}",
                size**0.5: f" = sqrt({size}), the root of {which}",
                size**-0.5: f" = 1 / sqrt({size}), with {which}",
            }
            for value, text in forms.items():
                if abs(factor / value - 1) < 1e-3:
                    return text
    return ""


def _places(check, part, expected, got):
    if expected.ndim > 1 and expected.shape[-1] == expected.shape[-2] and close(got, np.swapaxes(expected, -1, -2)):
        last = axes_of(check.returns[part], expected.ndim)[-2:]
        yield f"the table is transposed: {last[0]} and {last[1]} have changed places."
    elif expected.size > 1 and close(np.sort(got.ravel()), np.sort(expected.ravel())):
        yield f"{part} holds the right numbers in other places."
    elif expected.dtype != bool and got.size > 1 and np.ptp(got) == 0 < np.ptp(expected):
        yield f"every number of {part} is the same, {row_text(got.ravel()[0])}."


def _shares(expected, got):
    forbidden = (expected == 0) & (np.abs(got) > 1e-6)
    if forbidden.any() and (expected.sum(-1) > 0.5).all():
        place = tuple(int(i) for i in np.argwhere(forbidden)[0])
        yield f"the key at {list(place)} is forbidden and has the weight {float(got[place]):.3g}."
    if (got < -1e-6).any():
        yield "some weights are negative."
    rows, right = got.sum(axis=-1), expected.sum(axis=-1)
    if not close(rows, right):
        columns = got.ndim > 1 and close(got.sum(axis=-2), np.ones(got.sum(axis=-2).shape))
        yield f"each row should sum to 1; yours sum to {row_text(rows.ravel())}" + (
            ", and the columns do sum to 1." if columns else "."
        )


def _batch(check, problems, used, probe):
    """Whether only batches fail, and whether the sequences of a batch are mixed."""
    batches = [n for n in used if any(np.ndim(x) > 2 for x in used[n][0]) and n in problems]
    if not batches:
        return
    number = batches[0]
    arguments, named = used[number]
    n_batch = max(np.shape(x)[0] for x in arguments if np.ndim(x) > 2)
    noise = np.random.default_rng(1)
    changed = list(arguments)
    for i, x in enumerate(arguments):
        if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.ndim > 2 and len(x) == n_batch > 1:
            changed[i] = x.copy()
            changed[i][1:] += noise.standard_normal(x[1:].shape)
    before, after = probe(arguments, named), probe(tuple(changed), named)
    comparable = before and after and before[0].shape == after[0].shape and before[0].shape[:1] == (n_batch,)
    if comparable and not close(before[0][0], after[0][0]):
        yield "the sequences of a batch are mixed: changing the second one moves the result of the first."
        return
    if all(any(np.ndim(x) > 2 for x in used[n][0]) for n in problems if n in used) and len(batches) < len(used):
        yield "one sequence comes out right, a batch does not: are the axes counted from the front?"

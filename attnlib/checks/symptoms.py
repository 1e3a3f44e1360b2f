"""What shows in a wrong result that no known wrong answer explains: a constant factor, a sum, a mixed batch."""

import itertools

import numpy as np

from attnlib.checks.bank import close, result_of
from attnlib.checks.numbers import axes_of, row_text
from attnlib.checks.values import is_float_array, seen_value

TRIES = 6  # changes of an argument, before its change is said to have no effect


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
        yield f"{kind} in {problem.part}{list(problem.place)}, where a number should stand."
    if check.examples[number].kind == "extreme":
        yield "ordinary numbers come out right; these do not. Look for an overflow, for 0/0, for 0 times infinity."
    if problem.kind == "not finite":
        return
    if got.dtype == np.float16:
        yield "the result has half precision, float16: that is three digits."
    if check.shows:
        yield check.shows(used[number][0], got)
    else:
        yield from _without_effect(check, check.examples[number], used[number], position, probe)
    if expected.dtype == bool:
        yield _turned(problem.part, expected, got)
        return
    yield from _unfilled(problem.part, expected, got)
    yield from _rounded(check, outcomes, position)
    yield from _scale(problem.part, expected, got)
    yield from _places(check, problem.part, expected, got)
    if problem.part == "weights":
        yield from _peaks(expected, got)
        yield from _shares(expected, got, takes_vectors=check.parameters[0] != "scores")
    if len(check.returns) > 1 and position == 0 and "weights" in check.returns:
        yield "the weights are right; what is made of them is not."
    yield from _batch(check, problems, used, probe)


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


def _same(a, b):
    """Whether two arrays, which may be lists of symbols of different lengths, are the same."""
    return a.shape == b.shape and close(a, b)


def _without_effect(check, example, call, position, probe):
    """Which arguments can be changed without changing the result, though they should."""
    part, noise, useless = list(check.returns)[position], np.random.default_rng(2), []
    arguments, named = call

    def right_for(arguments):
        return result_of(check.reference, arguments, example.named, check.read)

    before, right = probe(arguments, named), right_for(example.arguments)[position]
    if before is None or len(before) <= position:
        return
    for which, (name, x) in enumerate(zip(check.parameters, arguments, strict=False)):
        effects = []  # of several changes: a count of links may stay the same by chance
        for _ in range(TRIES) if is_float_array(x) else ():
            moved = x + noise.standard_normal(x.shape)
            asked = [moved if n == which else y for n, y in enumerate(example.arguments)]
            moved_right = right_for(asked)
            if not isinstance(moved_right, tuple) or _same(right, moved_right[position]):
                continue
            after = probe((*arguments[:which], moved, *arguments[which + 1 :]), named)
            effects.append(not after or len(after) <= position or not _same(before[position], after[position]))
            if effects[-1]:
                break
        if effects and not any(effects):
            useless.append(f"`{name}`")
    if useless:
        yield f"changing {' or '.join(useless)} does not change {part}."


def _unfilled(part, expected, got):
    """Whether whole rows or columns are missing: a loop that stops early leaves zeros behind."""
    for what, axis in (("rows", -1), ("columns", -2)):
        if expected.ndim >= -axis and expected.ndim > 1:
            empty = (np.abs(got).max(axis=axis) == 0) & (np.abs(expected).max(axis=axis) > 0)
            last = empty[..., -1].all()  # what comes first was filled
            if last and not empty[..., 0].any():
                why = "does a loop stop early, or does `return` stand inside it?"
                yield f"{int(empty.sum())} of {empty.size} {what} of {part} are empty: {why}"
                return


def _turned(part, expected, got):
    """Where a mask is wrong."""
    wrong = {answer: np.argwhere((expected != got) & (got == answer)) for answer in (False, True)}
    counts = [f"{len(places)} should be {not answer}" for answer, places in wrong.items() if len(places)]
    first = [int(i) for i in np.argwhere(expected != got)[0]]
    return f"of the entries of {part} {' and '.join(counts)}, the first at {first}."


def _rounded(check, outcomes, position):
    """Whether the right numbers are rounded, on all examples."""
    pairs = []
    for number, outcome in outcomes.items():
        seen = seen_value(outcome.value) if outcome.done and outcome.error is None else "error"
        if isinstance(seen, str) or seen[position].shape != check.expected[number][position].shape:
            return
        pairs.append((seen[position], check.expected[number][position]))
    for digits in (1, 2, 3):
        if all(close(got, np.round(expected, digits), 1e-6, 1e-7) for got, expected in pairs):
            yield f"the numbers of {list(check.returns)[position]} are rounded: rounding is for printing."
            return


def _scale(part, expected, got):
    known = np.abs(expected) > 1e-3
    if expected.size < 2 or not known.any():
        return
    if (expected < -1e-3).any() and (got >= 0).all():
        yield f"no number of {part} is negative; some should be."
    ratios = got[known] / expected[known]
    factor = float(np.median(ratios))
    if close(got, factor * expected, 1e-3) and abs(factor) > 1e-6 and abs(factor - 1) > 1e-3:
        turned = ": the sign is turned round" if abs(factor + 1) < 1e-3 else ""
        yield f"every number of {part} is the right one times {factor:.4g}{turned}."
    elif expected.size > 1 and close(got - expected, np.full(expected.shape, (got - expected).mean()), 1e-3):
        more = float((got - expected).mean())
        yield f"every number of {part} is too {'large' if more > 0 else 'small'} by {abs(more):.4g}."


def _places(check, part, expected, got):
    if expected.ndim > 1 and expected.shape[-1] == expected.shape[-2] and close(got, np.swapaxes(expected, -1, -2)):
        last = axes_of(check.returns[part], expected.ndim)[-2:]
        yield f"the table is transposed: {last[0]} and {last[1]} have changed places."
    elif expected.size > 1 and close(np.sort(got.ravel()), np.sort(expected.ravel())):
        yield f"{part} holds the right numbers in other places."
    elif got.size > 1 and np.ptp(got) == 0 < np.ptp(expected):
        yield f"every number of {part} is the same, {float(got.ravel()[0]):.4g}."


def _peaks(expected, got):
    """Whether the weights are those of scores that are a constant times the right ones."""
    if (expected < 1e-9).any() or not (got > 1e-9).all():
        return
    right, came = (np.diff(np.log(w), axis=-1) for w in (expected, got))
    known = np.abs(right) > 1e-3
    if known.any():
        factor = float(np.median(came[known] / right[known]))
        if abs(factor) > 1e-3 and abs(factor - 1) > 1e-3 and close(came, factor * right, 1e-3):
            yield f"these are the weights of scores that are {factor:.4g} times the right ones."


def _shares(expected, got, takes_vectors):
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
    elif not forbidden.any() and (got >= -1e-6).all() and takes_vectors:
        yield "the rows sum to 1, as they should: look at the scores first, then inside the softmax."


def _batch(check, problems, used, probe):
    """Whether only batches fail, and whether the sequences of a batch are mixed."""
    batches = [n for n in used if _is_batch(check, n, used[n][0]) and n in problems]
    if not batches:
        return
    number = batches[0]
    arguments, named = used[number]
    n_batch = max(np.shape(x)[0] for x in arguments if _has_batch(x))
    noise = np.random.default_rng(1)
    changed = list(arguments)
    for i, x in enumerate(arguments):
        if is_float_array(x) and x.ndim > 2 and len(x) == n_batch > 1:
            changed[i] = x.copy()
            changed[i][1:] += noise.standard_normal(x[1:].shape)
    before, after = probe(arguments, named), probe(tuple(changed), named)
    comparable = before and after and before[0].shape == after[0].shape and before[0].shape[:1] == (n_batch,)
    if comparable and not close(before[0][0], after[0][0]):
        yield "the sequences of a batch are mixed: changing the second one moves the result of the first."
        return
    single = [n for n in used if not _is_batch(check, n, used[n][0])]
    if single and all(n not in problems for n in single):
        yield "one sequence comes out right, a batch does not: are the axes counted from the front?"


def _is_batch(check, number, arguments):
    """Whether there are several sequences: the result has more axes than the check has words for, such as heads."""
    words = [word.strip() for word in next(iter(check.returns.values())).split(",")]
    n_named = len([word for word in words if word not in ("", "...")])
    return check.expected[number][0].ndim > n_named and any(_has_batch(x) and len(x) > 1 for x in arguments)


def _has_batch(x):
    """Whether this is an array or tensor with more axes than a table."""
    return getattr(x, "ndim", 0) > 2

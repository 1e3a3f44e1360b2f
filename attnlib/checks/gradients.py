"""Does a torch function let gradients through? They are compared with slopes of the right function, in NumPy."""

import functools

import numpy as np

from attnlib.checks.bank import close, parts_of
from attnlib.checks.calls import SECONDS, call_all, is_tensor, torch_module
from attnlib.checks.errors import first_line, translate
from attnlib.checks.examples import ORDINARY
from attnlib.checks.general import GENERAL
from attnlib.checks.values import in_library, is_array, is_float_array, parts

STEP = 1e-5


def may_learn(example):
    """Whether an example is ordinary and holds numbers that a gradient can reach."""
    return example.kind == ORDINARY and any(map(is_float_array, example.arguments))


def gradient_fault(check, fn, returned, number, call):
    """The id of a fault and sentences about it; empty if there is none.

    Args:
        check: the Check.
        fn: the learner's function.
        returned: what it returned for the examples, values or tuples.
        number: the example that the gradient is taken on.
        call: its (arguments, keywords), as the function takes them.
    """
    values, torch = [x for value in returned for x in parts(value)], torch_module()
    if any(is_array(x) and not is_tensor(x) for x in values):
        return ("to_numpy", GENERAL["to_numpy"])
    if any(is_tensor(x) and x.dtype == torch.float64 for x in values):
        return ("to_float64", GENERAL["to_float64"])
    rng, example = np.random.default_rng(0), check.examples[number]
    shares = [rng.standard_normal(part.shape) for part in check.expected[number]]
    directions = {i: rng.standard_normal(x.shape) for i, x in enumerate(example.arguments) if is_float_array(x)}
    tensors, named = in_library(call, "torch")

    @functools.wraps(getattr(fn, "forward", fn), assigned=(), updated=())  # its lines are looked for in the function
    def gradients(*tensors):
        for i in directions:
            tensors[i].requires_grad_()
        with torch.enable_grad():
            results = parts(check.read(fn(*tensors, **named)))
            loss = sum((x * torch.asarray(s, dtype=x.dtype)).sum() for x, s in zip(results, shares, strict=True))
        if not loss.requires_grad:
            return None
        loss.backward()
        return [tensors[i].grad for i in directions]

    outcome = call_all(gradients, [(tensors, {})], SECONDS).outcomes[0]
    if outcome.error is not None:
        meaning = translate(outcome.error)
        raised = f"With gradients your function raises {first_line(outcome.error)}"
        return (meaning.cause or "to_gradient", raised, *([meaning.words] if meaning.words else []))
    if not outcome.done:
        return ()
    if outcome.value is None:
        return ("to_detach", GENERAL["to_detach"])
    for (i, direction), gradient in zip(directions.items(), outcome.value, strict=True):
        got = 0.0 if gradient is None else float((gradient.numpy() * direction).sum())
        if not close(np.asarray(got), np.asarray(_slope(check, example, i, direction, shares)), 1e-2, 1e-3):
            if got:
                return ("to_gradient", GENERAL["to_gradient"])
            return ("to_detach", f"{GENERAL['to_detach']} No gradient reaches `{check.parameters[i]}`.")
    return ()


def _slope(check, example, which, direction, shares):
    """How fast the right result moves when one argument moves in a direction, by central differences."""
    sums = []
    for sign in (1, -1):
        moved = [x + sign * STEP * direction if i == which else x for i, x in enumerate(example.arguments)]
        results = parts_of(check.reference(*moved, **example.named))
        sums.append(sum(float((x * s).sum()) for x, s in zip(results, shares, strict=True)))
    return (sums[0] - sums[1]) / (2 * STEP)

"""Properties that attention must have, as testers for any function: yours, a library's, a famous broken one.

Each tester takes a function `fn(queries, keys, values, mask)` or `fn(x)`, which may return outputs or a tuple that
begins with them, and raises an `AssertionError` that shows the smallest violation it found. Without inputs of your own
it tries standard normal NumPy arrays; hand over a tensor `x`, or `queries, keys, values`, to test a PyTorch function:

    assert_causal(my_layer, torch.randn(2, 6, 16))

The masks are made here and not by `attnlib.masks`, so that the testers depend on nothing that they test. A tester that
finds nothing is no proof: it has looked at these inputs.
"""

import inspect

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj

N_TOKENS, WIDTH = 6, 4


def assert_causal(fn, *inputs, seed=0, tolerance=1e-6):
    """Changing a later token must not change an earlier output.

    Args:
        fn: `fn(x)` that is causal by itself, or `fn(queries, keys, values, mask)`, which is given a causal mask.
        inputs: `x` (..., token, width), or queries, keys and values with as many queries as keys.
        seed: for the inputs and the changes.
        tolerance: the largest difference that counts as none, relative to the largest output.

    Raises:
        AssertionError: with the pair of tokens that are nearest to each other.
        ValueError: if there are more queries than keys.

    Example:
        >>> from attnlib import attention
        >>> assert_causal(attention)
        >>> assert_causal(lambda x: attention(x, x, x))
        Traceback (most recent call last):
        ...
        AssertionError: later tokens change earlier outputs: changing token 1 moved output 0 by 0.43
    """
    inputs, extras = _inputs(fn, inputs, seed)
    n_queries, n_keys = inputs[0].shape[-2], inputs[-1].shape[-2]
    if n_queries > n_keys:
        raise ValueError(f"causality needs at least as many keys as queries, got {n_queries} queries, {n_keys} keys")
    if extras:
        extras = [_like(np.tril(np.ones((n_queries, n_keys)), n_keys - n_queries), inputs[0], bool)]
    before = _outputs(fn, inputs, extras)
    offset = n_keys - n_queries  # the last query stands at the last key
    violations = []
    for token in range(offset + 1, n_keys):
        changed = inputs[: len(inputs) - 2] + [_change_token(x, token, seed) for x in inputs[-2:]]
        after = _outputs(fn, changed, extras)
        for query in range(token - offset):
            moved = _difference(before[..., query, :], after[..., query, :])
            if moved > tolerance * _size(before):
                violations.append((token - offset - query, token, query, moved))
    if violations:
        _, token, query, moved = min(violations)
        raise AssertionError(
            f"later tokens change earlier outputs: changing token {token} moved output {query} by {moved:.2g}"
        )


def assert_padding_invariant(fn, *inputs, seed=0, tolerance=1e-6):
    """What stands in the padding, and how much padding there is, must not change any output.

    Args:
        fn: `fn(queries, keys, values, mask)`, which is given a padding mask, or `fn(x, mask)`.
        inputs: queries, keys and values, or `x`, with one batch axis, (batch, token, width).
        seed: for the inputs and the padding.
        tolerance: the largest difference that counts as none, relative to the largest output.

    Raises:
        AssertionError: with the first sequence whose output moved.
        TypeError: if `fn` takes no mask.
        ValueError: if the inputs have not one batch axis, or only one token.

    Example:
        >>> from attnlib import attention
        >>> assert_padding_invariant(attention)
        >>> assert_padding_invariant(lambda q, k, v, mask: attention(q, k, v))
        Traceback (most recent call last):
        ...
        AssertionError: padding changes the outputs: other numbers in the padding moved output 0 of sequence 1 by 51
    """
    inputs, extras = _inputs(fn, inputs, seed, batch=(2,))
    if not extras:
        raise TypeError("assert_padding_invariant needs a function that takes a mask, fn(queries, keys, values, mask)")
    n_batch = _batch_size(inputs)
    n_keys = inputs[-1].shape[-2]
    # the first sequence is whole, unless it is alone: without padding there would be nothing to find
    lengths = [n_keys if b == 0 < n_batch - 1 else max(1, n_keys - 2 * max(b, 1)) for b in range(n_batch)]
    real = np.arange(n_keys) < np.asarray(lengths)[:, None]  # (batch, key)
    mask = _like(real[:, None, :], inputs[0], bool)
    before = _outputs(fn, inputs, [mask])
    tokens_are_queries = len(inputs) == 1
    padded = [_with_padding(x, real, seed) for x in inputs[-2:]]
    after = _outputs(fn, inputs[: len(inputs) - 2] + padded, [mask])
    for b, length in enumerate(lengths):
        n_outputs = length if tokens_are_queries else before.shape[-2]
        short = inputs[: len(inputs) - 2] + [x[..., :length, :] for x in inputs[-2:]]
        alone = _outputs(fn, [x[b : b + 1, ...] for x in short], [mask[b : b + 1, :, :length]])
        others = {"other numbers in the padding": after[b, ...], "leaving the padding out": alone[0, ...]}
        for what, other in others.items():
            for token in range(n_outputs):
                moved = _difference(before[b, ..., token, :], other[..., token, :])
                if moved > tolerance * _size(before):
                    raise AssertionError(
                        f"padding changes the outputs: {what} moved output {token} of sequence {b} by {moved:.2g}"
                    )


def assert_permutation_equivariant(fn, *inputs, seed=0, tolerance=1e-6):
    """Without positions and without a mask, the order of the tokens must not matter.

    For `fn(x)`: the outputs of shuffled tokens are the shuffled outputs. For `fn(queries, keys, values, mask)`:
    shuffling the keys together with their values changes nothing.

    Args:
        fn: `fn(x)`, or `fn(queries, keys, values, mask)`, which is given the mask None.
        inputs: `x` (..., token, width), or queries, keys and values.
        seed: for the inputs.
        tolerance: the largest difference that counts as none, relative to the largest output.

    Raises:
        AssertionError: with the first pair of neighbours whose exchange matters.

    Example:
        >>> from attnlib import attention, causal_mask
        >>> assert_permutation_equivariant(lambda x: attention(x, x, x))
        >>> assert_permutation_equivariant(lambda x: attention(x, x, x, causal_mask(6)))
        Traceback (most recent call last):
        ...
        AssertionError: the order of the tokens matters: exchanging tokens 0 and 1 moved output 0 by 0.21
    """
    inputs, extras = _inputs(fn, inputs, seed)
    before = _outputs(fn, inputs, extras)
    tokens_are_queries = len(inputs) == 1
    for first in range(inputs[-1].shape[-2] - 1):
        swapped = inputs[: len(inputs) - 2] + [_swap_tokens(x, first) for x in inputs[-2:]]
        after = _outputs(fn, swapped, extras)
        expected = _swap_tokens(before, first) if tokens_are_queries else before
        for token in range(before.shape[-2]):
            moved = _difference(expected[..., token, :], after[..., token, :])
            if moved > tolerance * _size(before):
                raise AssertionError(
                    "the order of the tokens matters: "
                    f"exchanging tokens {first} and {first + 1} moved output {token} by {moved:.2g}"
                )


def assert_convex(fn, *inputs, seed=0, tolerance=1e-6):
    """Every output must lie inside the convex hull of the values.

    Outputs and values are compared along the axes and 64 random directions: no output may lie beyond all the values.

    Args:
        fn: `fn(queries, keys, values, mask)`, given the mask None; `fn(x)` counts `x` as the values.
        inputs: queries, keys and values, or `x`.
        seed: for the inputs and the directions.
        tolerance: how far beyond counts as not beyond, relative to the largest output.

    Raises:
        AssertionError: with the output that lies beyond the values, and by how much.

    Example:
        >>> from attnlib import attention, scaled_dot_scores
        >>> assert_convex(attention)
        >>> assert_convex(lambda q, k, v, mask: scaled_dot_scores(q, k) @ v)
        Traceback (most recent call last):
        ...
        AssertionError: an output is no weighted mean of the values: output 0 lies beyond all of them by 0.92
    """
    inputs, extras = _inputs(fn, inputs, seed)
    outputs, values = _outputs(fn, inputs, extras), inputs[-1]
    if outputs.shape[-1] != values.shape[-1]:
        raise AssertionError(
            "an output is no weighted mean of the values: "
            f"it has width {outputs.shape[-1]}, they have {values.shape[-1]}"
        )
    width = values.shape[-1]
    random = np.random.default_rng(seed).standard_normal((width, 64))
    axes = np.concatenate([np.eye(width), random / np.linalg.norm(random, axis=0)], axis=1)
    directions = _like(np.concatenate([axes, -axes], axis=1), values)
    xp = array_namespace(values)
    farthest = xp.max(xp.matmul(values, directions), axis=-2, keepdims=True)
    beyond = xp.max(xp.matmul(outputs, directions) - farthest, axis=-1)  # (..., query)
    for query in range(beyond.shape[-1]):
        by = float(xp.max(beyond[..., query]))
        if not by <= tolerance * _size(outputs):
            raise AssertionError(
                f"an output is no weighted mean of the values: output {query} lies beyond all of them by {by:.2g}"
            )


def assert_batch_independent(fn, *inputs, seed=0, tolerance=1e-6):
    """Changing one sequence of a batch must not change the outputs of another.

    Args:
        fn: `fn(x)`, or `fn(queries, keys, values, mask)`, which is given the mask None.
        inputs: `x`, or queries, keys and values, with one batch axis, (batch, token, width).
        seed: for the inputs and the changes.
        tolerance: the largest difference that counts as none, relative to the largest output.

    Raises:
        AssertionError: with the first pair of sequences that are not independent.
        ValueError: if the inputs have not one batch axis with at least two sequences.

    Example:
        >>> from attnlib import attention
        >>> assert_batch_independent(attention)
        >>> assert_batch_independent(lambda x: x - x.mean(axis=0))
        Traceback (most recent call last):
        ...
        AssertionError: the sequences of a batch are mixed: changing sequence 0 moved the outputs of sequence 1 by 0.65
    """
    inputs, extras = _inputs(fn, inputs, seed, batch=(2,))
    xp = array_namespace(*inputs)
    n_batch = _batch_size(inputs)
    if n_batch < 2:
        raise ValueError(f"independence needs at least two sequences in the batch, got {n_batch}")
    before = _outputs(fn, inputs, extras)
    noise = np.random.default_rng(seed + 1)
    for changed in range(n_batch):
        chosen = _like(np.arange(n_batch) == changed, inputs[0], bool)[:, None, None]
        moved_inputs = [xp.where(chosen, x + _like(noise.standard_normal(x.shape), x), x) for x in inputs]
        after = _outputs(fn, moved_inputs, extras)
        for other in range(n_batch):
            moved = _difference(before[other, ...], after[other, ...])
            if other != changed and moved > tolerance * _size(before):
                raise AssertionError(
                    "the sequences of a batch are mixed: "
                    f"changing sequence {changed} moved the outputs of sequence {other} by {moved:.2g}"
                )


def assert_inputs_unchanged(fn, *inputs, seed=0):
    """A function must not write into its inputs.

    Args:
        fn: `fn(x)`, or `fn(queries, keys, values, mask)`, which is given the mask None.
        inputs: `x`, or queries, keys and values.
        seed: for the inputs.

    Raises:
        AssertionError: with the name of the input that was written into.

    Example:
        >>> def shift(x):
        ...     x -= x.max()
        ...     return x
        >>> assert_inputs_unchanged(shift)
        Traceback (most recent call last):
        ...
        AssertionError: the function writes into its input x
    """
    inputs, extras = _inputs(fn, inputs, seed)
    names = ["x"] if len(inputs) == 1 else ["queries", "keys", "values"]
    copies = [array_namespace(x).asarray(x, copy=True) for x in inputs]
    _outputs(fn, inputs, extras)
    for name, x, copy in zip(names, inputs, copies, strict=True):
        if not _difference(x, copy) == 0:
            raise AssertionError(f"the function writes into its input {name}")


def _inputs(fn, inputs, seed, batch=()):
    """The inputs as a list, made up where none were given, and what follows them: [None] if `fn` takes a mask."""
    try:
        parameters = [
            p
            for p in inspect.signature(getattr(fn, "forward", fn)).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default in (p.empty, None)
        ]
    except ValueError:  # built-in functions, such as torch's fused attention, do not tell what they take
        parameters = ["queries", "keys", "values", "mask"]
    n_arrays = len(inputs) or (1 if len(parameters) <= 2 else 3)
    if n_arrays not in (1, 3):
        raise TypeError(f"hand over one array x, or three: queries, keys and values; got {n_arrays}")
    if not inputs:
        rng = np.random.default_rng(seed)
        inputs = [rng.standard_normal((*batch, N_TOKENS, WIDTH)) for _ in range(n_arrays)]
    for x in inputs:
        if not is_array_api_obj(x) or x.ndim < 2:
            raise TypeError(f"the inputs must be arrays with the axes (..., token, width), got {x!r:.60}")
    if inputs[-1].shape[-2] < 2:
        raise ValueError(f"the inputs must have at least two tokens, got {inputs[-1].shape[-2]}")
    return [_detached(x) for x in inputs], [None] if len(parameters) > n_arrays else []


def _detached(x):
    """The same numbers without the record of gradients, which torch refuses to turn into a Python number."""
    return x.detach() if hasattr(x, "detach") else x


def _batch_size(inputs):
    for x in inputs:
        if x.ndim != 3:
            raise ValueError(f"the inputs must have the axes (batch, token, width), got shape {tuple(x.shape)}")
    return inputs[-1].shape[0]


def _outputs(fn, inputs, extras):
    """What `fn` returns first. Finite inputs must give finite outputs: NaN would hide every other violation."""
    result = fn(*inputs, *extras)
    outputs = _detached(result[0] if isinstance(result, tuple) else result)
    if not is_array_api_obj(outputs):
        raise AssertionError(f"the function must return an array or a tuple that begins with one, got {outputs!r:.60}")
    xp = array_namespace(outputs)
    if not xp.all(xp.isfinite(outputs)):
        raise AssertionError("finite inputs give outputs that are not finite (nan or inf)")
    return outputs


def _like(array, like, dtype=None):
    """A NumPy array in the library, on the device and in the dtype of `like`."""
    xp = array_namespace(like)
    return xp.asarray(array, dtype=xp.bool if dtype is bool else like.dtype, device=device(like))


def _change_token(x, token, seed):
    xp = array_namespace(x)
    noise = _like(np.random.default_rng(seed + token + 1).standard_normal(x.shape), x)
    chosen = _like(np.arange(x.shape[-2]) == token, x, bool)[:, None]
    return xp.where(chosen, x + noise, x)


def _swap_tokens(x, first):
    xp = array_namespace(x)
    parts = [x[..., :first, :], x[..., first + 1 : first + 2, :], x[..., first : first + 1, :], x[..., first + 2 :, :]]
    return xp.concat(parts, axis=-2)


def _with_padding(x, real, seed):
    """The same sequences with large numbers in their padding."""
    xp = array_namespace(x)
    noise = _like(100 * np.random.default_rng(seed + 1).standard_normal(x.shape), x)
    return xp.where(_like(real[..., None], x, bool), x, noise)


def _difference(a, b):
    """The largest absolute difference; infinite if the shapes differ."""
    if a.shape != b.shape:
        return float("inf")
    xp = array_namespace(a, b)
    return float(xp.max(xp.abs(a - b)))


def _size(outputs):
    xp = array_namespace(outputs)
    return max(1.0, float(xp.max(xp.abs(outputs))))

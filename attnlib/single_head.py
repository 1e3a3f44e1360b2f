"""One head of attention: scores, weights and the weighted sum of the values."""

from math import inf

import numpy as np

from attnlib.arguments import is_whole, namespace_of, require_axes, require_batches, require_equal, require_mask
from attnlib.scores import scaled_dot_scores
from attnlib.weights import forbid, masked_softmax


def attention(queries, keys, values, mask=None, score=scaled_dot_scores):
    """Answer each query with a weighted mean of the values, weighted by how well their keys answer the query.

    `softmax(Q K^T / sqrt(d_key)) V`, Vaswani et al. (2017), equation (1), for the default score. A query that may
    attend to nothing has weights 0 and output 0, with finite gradients. NaN is never hidden: one in a key or a value
    reaches every query of its sequence, also those that may not attend to it (0 * NaN is NaN). Half precision is
    computed in float32 and returned as it came.

    Args:
        queries: (..., query, d_key), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.
        values: (..., key, d_value).
        mask: boolean, broadcasts to (..., query, key); True = may attend. None allows everything.
        score: a function of queries and keys that returns (..., query, key). One with weights of its own is passed as
            `functools.partial(general_scores, w=w)`.

    Returns:
        outputs (..., query, d_value) and weights (..., query, key), in this order, in the dtype of the inputs.

    Raises:
        ValueError: if widths or numbers of keys differ, the batch axes or the mask do not fit, or there are no keys.
        TypeError: if an argument is not a floating-point array (the mask: boolean), or the libraries differ.

    Example:
        >>> import numpy as np
        >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> outputs, weights = attention(np.zeros((1, 2)), keys, values=np.array([[10.0], [20.0]]))
        >>> outputs, weights
        (array([[15.]]), array([[0.5, 0.5]]))
    """
    xp, dtype, queries, keys, values = _prepare(queries, keys, values)
    if not callable(score):
        raise TypeError(f"score must be a function of queries and keys, got {score!r}")
    scores = score(queries, keys)
    expected = (queries.shape[-2], keys.shape[-2])
    if tuple(scores.shape[-2:]) != expected:
        raise ValueError(
            f"score must return (..., query, key) = (..., {expected[0]}, {expected[1]}), got {tuple(scores.shape)}"
        )
    weights = masked_softmax(scores, mask)  # (..., query, key)
    require_batches(weights=weights, values=values)  # a mask may bring batch axes of its own
    outputs = xp.matmul(weights, values)  # (..., query, d_value)
    return xp.astype(outputs, dtype, copy=False), xp.astype(weights, dtype, copy=False)


def blockwise_attention(queries, keys, values, mask=None, block=128):
    """The outputs of `attention`, computed tile by tile without ever holding the matrix of scores.

    The sum over the keys is built up block by block; whenever a larger score turns up, what was summed before is scaled
    down (online softmax: Milakov and Gimelshein 2018, algorithm 3; applied to attention by Rabe and Staats 2021 and by
    Dao et al. 2022, algorithm 1). Tiles that the mask forbids altogether are skipped. The memory in use grows with
    the number of tokens, not with its square, as long as no gradient is recorded.

    Args:
        queries: (..., query, d_key), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.
        values: (..., key, d_value).
        mask: boolean, broadcasts to (..., query, key); True = may attend. None allows everything.
        block: how many queries and how many keys a tile has.

    Returns:
        outputs (..., query, d_value), in the dtype of the inputs.

    Raises:
        ValueError: as `attention`, or if `block` is not a positive whole number.
        TypeError: as `attention`.

    Example:
        >>> import numpy as np
        >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> blockwise_attention(np.zeros((1, 2)), keys, values=np.array([[10.0], [20.0]]), block=1)
        array([[15.]])
    """
    if not is_whole(block) or block < 1:
        raise ValueError(f"block must be a positive whole number, got {block!r}")
    xp, dtype, queries, keys, values = _prepare(queries, keys, values)
    require_equal("width d_key", queries=queries.shape[-1], keys=keys.shape[-1])
    n_queries, n_keys = queries.shape[-2], keys.shape[-2]
    batch = require_batches(queries=queries, keys=keys, values=values)
    if mask is not None:
        require_mask(mask, queries, (*batch, n_queries, n_keys))
        batch = np.broadcast_shapes(batch, mask.shape[:-2])
        mask = xp.broadcast_to(mask, (*mask.shape[:-2], n_queries, n_keys))
        # NaN must reach the outputs: one makes the sum NaN, and then no tile is skipped
        may_skip = all(xp.isfinite(xp.sum(array)) for array in (queries, keys, values))
    queries = queries * max(queries.shape[-1], 1) ** -0.5
    outputs = []
    for first_query in range(0, max(n_queries, 1), block):
        rows = slice(first_query, min(first_query + block, n_queries))
        chosen = queries[..., rows, :]  # (..., query, d_key)
        n_rows = chosen.shape[-2]
        peak = xp.full((*batch, n_rows, 1), -inf, dtype=queries.dtype, device=queries.device)
        total = xp.zeros_like(peak)
        output = xp.zeros((*batch, n_rows, values.shape[-1]), dtype=values.dtype, device=values.device)
        for first_key in range(0, n_keys, block):
            columns = slice(first_key, min(first_key + block, n_keys))
            allowed = None if mask is None else mask[..., rows, columns]
            is_last = rows.stop == n_queries and columns.stop == n_keys  # never skipped: torch needs a graph
            if allowed is not None and may_skip and not is_last and not xp.any(allowed):
                continue
            scores = xp.matmul(chosen, keys[..., columns, :].mT)  # (..., query, key)
            if allowed is not None and not xp.all(allowed):
                scores = forbid(xp, scores, allowed)
            highest = xp.maximum(peak, xp.max(scores, axis=-1, keepdims=True))  # (..., query, 1)
            reference = xp.where(highest == -inf, 0.0, highest)  # a row with nothing allowed yet has no peak
            shrink = xp.exp(peak - reference)
            exponentials = xp.exp(scores - reference)
            total = total * shrink + xp.sum(exponentials, axis=-1, keepdims=True)
            output = output * shrink + xp.matmul(exponentials, values[..., columns, :])  # (..., query, d_value)
            peak = highest
        outputs.append(output / xp.where(total == 0, 1.0, total))
    return xp.astype(xp.concat(outputs, axis=-2), dtype, copy=False)


def _prepare(queries, keys, values):
    """The library and the dtype of the answer, and the three arrays, checked and in at least single precision."""
    xp = namespace_of(queries=queries, keys=keys, values=values)
    require_axes("query, d_key", queries=queries)
    require_axes("key, d_key", keys=keys)
    require_axes("key, d_value", values=values)
    require_equal("number of keys", keys=keys.shape[-2], values=values.shape[-2])
    require_batches(queries=queries, keys=keys, values=values)
    dtype = xp.result_type(queries, keys, values)
    if xp.finfo(dtype).bits < 32:
        queries, keys, values = (xp.astype(array, xp.float32) for array in (queries, keys, values))
    return xp, dtype, queries, keys, values

"""Masks: who may attend to whom. True = may attend; combine masks with `&`."""

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj

from attnlib.arguments import is_whole


def _positions(n_queries, n_keys, like):
    """Positions of queries (query, 1) and keys (1, key), with the last query at the last key."""
    n_keys = n_queries if n_keys is None else n_keys
    for name, count in (("n_queries", n_queries), ("n_keys", n_keys)):
        if not is_whole(count):
            raise TypeError(f"{name} must be a whole number, got {count!r}")
        if count < 0:
            raise ValueError(f"{name} must not be negative, got {count}")
    if n_queries > n_keys:
        raise ValueError(f"there must be at least as many keys as queries, got {n_queries} queries and {n_keys} keys")
    keys = _arange(n_keys, like)
    return keys[n_keys - n_queries :, None], keys[None, :]


def _arange(n, like):
    if like is None:
        return np.arange(n)
    return array_namespace(like).arange(n, device=device(like))


def causal_mask(n_queries, n_keys=None, *, like=None):
    """Allow each query its own position and the ones before it.

    With fewer queries than keys the last query stands at the last key, as when a decoder adds one token to a sequence
    whose keys are kept. Vaswani et al. (2017), section 3.2.3.

    Args:
        n_queries: number of queries.
        n_keys: number of keys; the number of queries if None.
        like: an array that gives library and device; NumPy if None.

    Returns:
        Boolean (query, key), True = may attend.

    Raises:
        ValueError: if there are more queries than keys.
        TypeError: if a number is not whole.

    Example:
        >>> causal_mask(2, 3)
        array([[ True,  True, False],
               [ True,  True,  True]])
    """
    queries, keys = _positions(n_queries, n_keys, like)
    return keys <= queries


def window_mask(n_queries, n_keys=None, *, width, like=None):
    """Allow each query the keys that are at most `width` positions away, on both sides.

    `|i - j| <= width`, with the last query at the last key as in `causal_mask`. Local attention, Luong, Pham and
    Manning (2015), section 3.2; `causal_mask(n) & window_mask(n, width=w)` is the sliding window of many decoders.

    Args:
        n_queries: number of queries.
        n_keys: number of keys; the number of queries if None.
        width: how many positions away a key may be; 0 allows each position itself only.
        like: an array that gives library and device; NumPy if None.

    Returns:
        Boolean (query, key), True = may attend.

    Raises:
        ValueError: if there are more queries than keys, or `width` is negative.
        TypeError: if a number is not whole.

    Example:
        >>> window_mask(3, width=1)
        array([[ True,  True, False],
               [ True,  True,  True],
               [False,  True,  True]])
    """
    if not is_whole(width):
        raise TypeError(f"width must be a whole number, got {width!r}")
    if width < 0:
        raise ValueError(f"width must not be negative, got {width}")
    queries, keys = _positions(n_queries, n_keys, like)
    return (keys - queries <= width) & (queries - keys <= width)


def padding_mask(lengths, n_keys, *, like=None):
    """Allow the first `lengths[b]` keys of each sequence, and not the padding behind them.

    Args:
        lengths: how many tokens each sequence has, (batch,): a list or an array of whole numbers.
        n_keys: number of keys, padding included.
        like: an array that gives library and device; those of `lengths` if None, NumPy if it is a list.

    Returns:
        Boolean (batch, 1, key), True = may attend: the same for every query of a sequence.

    Raises:
        ValueError: if a length is negative or larger than `n_keys`, or `lengths` has not one axis.
        TypeError: if a length or `n_keys` is not whole.

    Example:
        >>> padding_mask([3, 1], 3)
        array([[[ True,  True,  True]],
        <BLANKLINE>
               [[ True, False, False]]])
    """
    if not is_whole(n_keys):
        raise TypeError(f"n_keys must be a whole number, got {n_keys!r}")
    if like is None and is_array_api_obj(lengths):
        like = lengths
    positions = _arange(n_keys, like)
    xp = array_namespace(positions)
    empty = isinstance(lengths, (list, tuple)) and not lengths
    counts = xp.asarray(lengths, dtype=xp.int64 if empty else None, device=device(positions))
    if counts.ndim != 1:
        raise ValueError(f"lengths must have one axis, (batch,), got shape {tuple(counts.shape)}")
    if not xp.isdtype(counts.dtype, "integral"):
        raise TypeError(f"lengths must be whole numbers, got {counts.dtype}")
    if xp.any(counts < 0) or xp.any(counts > n_keys):
        raise ValueError(f"lengths must lie between 0 and the number of keys, {n_keys}, got {lengths}")
    return positions < counts[:, None, None]  # (batch, 1, key)

"""Positions: where a token stands, as numbers to add to it or as angles to turn it by."""

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj

from attnlib.arguments import is_whole, namespace_of, require_axes


def _angles(positions, width):
    """`p / 10000^(2i / width)` for pair i at position p: (..., token, pair).

    In double precision whatever the dtype of the tokens: in float32 an angle of 5000 is wrong in the fourth decimal.
    """
    xp = array_namespace(positions)
    frequencies = 10_000.0 ** (-np.arange(0, width, 2) / max(width, 1))
    return xp.astype(positions, xp.float64)[..., None] * xp.asarray(frequencies, device=device(positions))


def sinusoidal_positions(n_tokens, d_model, *, like=None):
    """Give every position a vector of sines and cosines, from fast to slow, to be added to the token that stands there.

    `PE(p, 2i) = sin(p / 10000^(2i / d_model))` and `PE(p, 2i + 1) = cos(p / 10000^(2i / d_model))`, Vaswani et al.
    (2017), section 3.5. The vector of position p + k is that of p turned by angles that depend on k only.

    Args:
        n_tokens: number of positions, counted from 0.
        d_model: width of the tokens, an even number: every frequency has a sine and a cosine.
        like: a floating-point array that gives library, dtype and device; NumPy's float64 if None.

    Returns:
        (token, d_model), numbers between -1 and 1.

    Raises:
        ValueError: if `n_tokens` is negative, or `d_model` is odd or not positive.
        TypeError: if a number is not whole, or `like` is not a floating-point array.

    Example:
        >>> sinusoidal_positions(3, 2).round(2)
        array([[ 0.  ,  1.  ],
               [ 0.84,  0.54],
               [ 0.91, -0.42]])
    """
    for name, count in (("n_tokens", n_tokens), ("d_model", d_model)):
        if not is_whole(count):
            raise TypeError(f"{name} must be a whole number, got {count!r}")
    if n_tokens < 0:
        raise ValueError(f"n_tokens must not be negative, got {n_tokens}")
    if d_model < 1 or d_model % 2:
        raise ValueError(f"d_model must be even and positive, for pairs of a sine and a cosine, got {d_model}")
    like = np.empty(0) if like is None else like
    xp = namespace_of(like=like)
    angles = _angles(np.arange(n_tokens), d_model)  # (token, pair)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (token, pair, 2)
    return xp.asarray(waves.reshape(n_tokens, d_model), dtype=like.dtype, device=device(like))


def rotary(queries_or_keys, positions=None):
    """Turn every pair of features by an angle that grows with the position, so that scores depend on distances only.

    `(a, b) -> (a cos t - b sin t, a sin t + b cos t)` with `t = p / 10000^(2i / d_key)` for the pair of the features 2i
    and 2i + 1 at position p: Su et al. (2021), RoFormer, section 3.2.2 and equation (34). Queries and keys are both
    turned, values are not. Some programs pair feature i with i + d_key / 2 instead: the same in another order.
    Half precision is computed in float32 and returned as it came.

    Args:
        queries_or_keys: (..., token, d_key), floating point, NumPy or PyTorch; d_key is even.
        positions: (..., token), which broadcasts to the tokens: a list, a NumPy array, or an array from the library of
            `queries_or_keys`. None counts from 0.

    Returns:
        (..., token, d_key), in the dtype of the input, with the lengths of its vectors.

    Raises:
        ValueError: if the width is odd, or the positions do not fit the tokens.
        TypeError: if `queries_or_keys` is not a floating-point array, or positions are not numbers.

    Example:
        >>> import numpy as np
        >>> rotary(np.array([[1.0, 0.0], [1.0, 0.0]]), positions=[0, np.pi / 2]).round(2)
        array([[1., 0.],
               [0., 1.]])
    """
    xp = namespace_of(queries_or_keys=queries_or_keys)
    require_axes("token, d_key", queries_or_keys=queries_or_keys)
    dtype, shape = queries_or_keys.dtype, tuple(queries_or_keys.shape)
    if shape[-1] % 2:
        raise ValueError(f"the width d_key must be even, because features are turned in pairs, got {shape[-1]}")
    positions = np.arange(shape[-2]) if positions is None else positions
    angles = _angles(_numbers(positions, shape[:-1]), shape[-1])  # (..., token, pair)
    functions = array_namespace(angles)
    if xp.finfo(dtype).bits < 32:
        queries_or_keys = xp.astype(queries_or_keys, xp.float32)
    cos, sin = (
        xp.asarray(turn, dtype=queries_or_keys.dtype, device=device(queries_or_keys))
        for turn in (functions.cos(angles), functions.sin(angles))
    )
    pairs = xp.reshape(queries_or_keys, (*shape[:-1], shape[-1] // 2, 2))  # (..., token, pair, 2)
    first, second = pairs[..., 0], pairs[..., 1]
    turned = xp.stack([first * cos - second * sin, first * sin + second * cos], axis=-1)  # (..., token, pair, 2)
    return xp.astype(xp.reshape(turned, shape), dtype, copy=False)


def _numbers(positions, shape):
    """Positions as an array of numbers that broadcasts to the tokens, whose axes are `shape`."""
    positions = positions if is_array_api_obj(positions) else np.asarray(positions)
    if not array_namespace(positions).isdtype(positions.dtype, ("integral", "real floating")):
        raise TypeError(f"positions must be numbers, got {positions.dtype}")
    try:
        fits = np.broadcast_shapes(shape, tuple(positions.shape)) == shape and positions.shape[-1:] == shape[-1:]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"positions must fit the tokens (..., token) = {shape}, got shape {tuple(positions.shape)}")
    return positions

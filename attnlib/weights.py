"""Weights: scores turned into shares that are not negative and sum to one."""

from math import inf

from attnlib.arguments import namespace_of, require_axes, require_mask


def softmax(scores):
    """Turn scores into weights along the last axis: not negative, with sum one.

    `w_j = exp(s_j) / sum_k exp(s_k)`, Bahdanau, Cho and Bengio (2015), equation (6). It is computed as
    `exp(s_j - max s)` over its sum, the same number without overflow. A score of -inf gives the weight 0; a row in
    which every score is -inf gives weights 0, with gradient 0. NaN and +inf in a row make the row NaN.

    Args:
        scores: (..., key), floating point, NumPy or PyTorch.

    Returns:
        Weights (..., key), in the dtype of the scores.

    Raises:
        ValueError: if there is no key.
        TypeError: if `scores` is not a floating-point array.

    Example:
        >>> import numpy as np
        >>> softmax(np.array([0.0, 0.0, np.log(2.0)]))
        array([0.25, 0.25, 0.5 ])
    """
    xp = namespace_of(scores=scores)
    require_axes("key", scores=scores)
    if scores.shape[-1] == 0:
        raise ValueError(f"scores must hold at least one key, got shape {tuple(scores.shape)}")
    if hasattr(xp, "softmax"):  # the library's own fused kernel: no array of exponentials is written to memory
        weights = xp.softmax(scores, -1)
        if not xp.any(xp.isnan(weights[..., 0])):  # one nan makes its whole row nan, so the first column tells
            return weights
    peak = xp.max(scores, axis=-1, keepdims=True)  # (..., 1)
    peak = xp.where(peak == -inf, 0.0, peak)  # a row with nothing allowed has no peak
    exponentials = xp.exp(scores - peak)
    total = xp.sum(exponentials, axis=-1, keepdims=True)  # (..., 1)
    return exponentials / xp.where(total == 0, 1.0, total)


def masked_softmax(scores, mask=None):
    """Turn scores into weights along the last axis, with weight 0 wherever the mask forbids.

    A forbidden score is replaced by -inf before the softmax, so that the allowed weights sum to one. A row with nothing
    allowed has weights 0, with gradient 0. NaN makes its row NaN, even where it is forbidden: it is never hidden.

    Args:
        scores: (..., query, key), floating point, NumPy or PyTorch.
        mask: boolean, broadcasts to the scores, from the same library; True = may attend. None allows everything.

    Returns:
        Weights (..., query, key), in the dtype of the scores.

    Raises:
        ValueError: if the mask does not fit the scores, or there is no key.
        TypeError: if `scores` is not a floating-point array, or `mask` is not a boolean one of the same library.

    Example:
        >>> import numpy as np
        >>> masked_softmax(np.array([0.0, 0.0, np.log(2.0)]), np.array([True, True, False]))
        array([0.5, 0.5, 0. ])
    """
    xp = namespace_of(scores=scores)
    if mask is not None:
        require_mask(mask, scores, scores.shape)
        scores = forbid(xp, scores, mask)
    return softmax(scores)


def forbid(xp, scores, mask):
    """Put -inf wherever the mask forbids, by adding -inf there and 0 elsewhere.

    The mask is mostly smaller than the scores, so that a sum takes a seventh of the time of `where`; and NaN stays.
    """
    zero = xp.zeros((), dtype=scores.dtype, device=scores.device)
    return scores + xp.where(mask, zero, -inf)


def softmax_jacobian(weights):
    """How each weight moves when each score moves, at given softmax weights.

    `dw_i / ds_j = w_i (delta_ij - w_j)`, from the quotient rule. Every row and every column sums to zero.

    Args:
        weights: (..., key), floating point, NumPy or PyTorch, as `softmax` returns them.

    Returns:
        Jacobians (..., key, key): rows are weights, columns are scores. In the dtype of the weights.

    Raises:
        ValueError: if there is no axis.
        TypeError: if `weights` is not a floating-point array.

    Example:
        >>> import numpy as np
        >>> softmax_jacobian(np.array([0.5, 0.5, 0.0]))
        array([[ 0.25, -0.25,  0.  ],
               [-0.25,  0.25,  0.  ],
               [ 0.  ,  0.  ,  0.  ]])
    """
    xp = namespace_of(weights=weights)
    require_axes("key", weights=weights)
    own = xp.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)  # (key, key)
    return weights[..., :, None] * (own - weights[..., None, :]) + 0.0  # + 0.0: no negative zeros


def entropy(weights):
    """How spread out weights are along the last axis, in nats.

    `H = -sum_j w_j ln w_j` with `0 ln 0 = 0`, Shannon (1948). It is 0 when one weight has everything and `ln n` when n
    weights are equal; `exp(H)` reads as "the weights are as spread out as exp(H) equal ones".

    Args:
        weights: (..., key), floating point, NumPy or PyTorch, not negative, with sum one.

    Returns:
        Entropies (...), in nats, in the dtype of the weights.

    Raises:
        ValueError: if there is no axis.
        TypeError: if `weights` is not a floating-point array.

    Example:
        >>> import numpy as np
        >>> float(entropy(np.array([0.25, 0.25, 0.5])) / np.log(2.0))  # in bits
        1.5
    """
    xp = namespace_of(weights=weights)
    require_axes("key", weights=weights)
    logarithms = xp.log(xp.where(weights == 0, 1.0, weights))  # 0 ln 0 = 0, and no -inf on the way
    return -xp.sum(weights * logarithms, axis=-1) + 0.0  # + 0.0: no negative zero

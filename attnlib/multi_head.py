"""Multi-head attention: several heads side by side, each on its own slice of the width."""

from attnlib.arguments import is_whole, namespace_of, require_axes, require_batches, require_equal, require_mask
from attnlib.single_head import attention


def split_heads(x, n_heads):
    """Cut the width of every token into `n_heads` slices and give the heads an axis of their own.

    The tokens stay whole: the width is cut first, then the axes are swapped. A reshape to (..., head, token, d_head)
    without the swap would cut the sequence instead. Vaswani et al. (2017), section 3.2.2.

    Args:
        x: (..., token, d_model), an array or tensor.
        n_heads: number of heads; divides d_model.

    Returns:
        (..., head, token, d_head) with d_head = d_model / n_heads.

    Raises:
        ValueError: if the heads do not divide the width.
        TypeError: if `x` is not a floating-point array.

    Example:
        >>> import numpy as np
        >>> split_heads(np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), n_heads=2)
        array([[[1., 2.],
                [5., 6.]],
        <BLANKLINE>
               [[3., 4.],
                [7., 8.]]])
    """
    xp = namespace_of(x=x)
    require_axes("token, d_model", x=x)
    *batch, n_tokens, width = x.shape
    if not is_whole(n_heads) or n_heads < 1:
        raise ValueError(f"n_heads must be a positive whole number, got {n_heads!r}")
    if width % n_heads:
        raise ValueError(f"width {width} is not a multiple of {n_heads} heads")
    x = xp.reshape(x, (*batch, n_tokens, n_heads, width // n_heads))  # (..., token, head, d_head)
    return xp.moveaxis(x, -2, -3)  # (..., head, token, d_head)


def merge_heads(x):
    """Put the heads' slices side by side again: the inverse of `split_heads`.

    Args:
        x: (..., head, token, d_head), an array or tensor.

    Returns:
        (..., token, d_model) with d_model = heads * d_head. "Concat" in Vaswani et al. (2017), section 3.2.2.

    Raises:
        ValueError: if there are fewer than three axes.
        TypeError: if `x` is not a floating-point array.

    Example:
        >>> import numpy as np
        >>> merge_heads(np.array([[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]))
        array([[1., 2., 3., 4.],
               [5., 6., 7., 8.]])
    """
    xp = namespace_of(x=x)
    require_axes("head, token, d_head", x=x)
    *batch, n_heads, n_tokens, d_head = x.shape
    x = xp.moveaxis(x, -3, -2)  # (..., token, head, d_head)
    return xp.reshape(x, (*batch, n_tokens, n_heads * d_head))  # (..., token, d_model)


def multi_head_attention(x, context, w_q, w_k, w_v, w_o, n_heads, mask=None):
    """Let every token of `x` attend to the tokens of `context` with several heads at once.

    `Concat(head_1, ..., head_h) W_o` with `head_i = Attention(x W_q_i, context W_k_i, context W_v_i)`, Vaswani et al.
    (2017), section 3.2.2; the heads' matrices stand side by side in `w_q`, `w_k` and `w_v`. Self-attention is the case
    `context = x`.

    Args:
        x: (..., query, d_model), floating point, NumPy or PyTorch: the tokens that ask.
        context: (..., key, d_context), from the same library: the tokens that are asked.
        w_q: (d_model, n_heads * d_key).
        w_k: (d_context, n_heads * d_key).
        w_v: (d_context, n_heads * d_value).
        w_o: (n_heads * d_value, d_out).
        n_heads: number of heads.
        mask: boolean, broadcasts to (..., query, key); True = may attend, the same for every head. It has no head axis.

    Returns:
        outputs (..., query, d_out) and weights (..., head, query, key), in this order, in the dtype of the inputs.

    Raises:
        ValueError: if widths do not fit, the heads do not divide a width, the mask does not fit, or there are no keys.
        TypeError: if an argument is not a floating-point array (the mask: boolean), or the libraries differ.

    Example:
        >>> import numpy as np
        >>> x, one = np.array([[1.0, 2.0], [3.0, 4.0]]), np.eye(2)
        >>> outputs, weights = multi_head_attention(x, x, 0 * one, one, one, one, n_heads=2)
        >>> outputs.tolist(), weights.shape  # queries of zero: every head takes the mean of its own feature
        ([[2.0, 3.0], [2.0, 3.0]], (2, 2, 2))
    """
    xp = namespace_of(x=x, context=context, w_q=w_q, w_k=w_k, w_v=w_v, w_o=w_o)
    require_axes("query, d_model", x=x)
    require_axes("key, d_context", context=context)
    for name, w in (("w_q", w_q), ("w_k", w_k), ("w_v", w_v), ("w_o", w_o)):
        if w.ndim != 2:
            raise ValueError(f"{name} must be a matrix, got shape {tuple(w.shape)}")
    require_equal("d_model", x=x.shape[-1], w_q=w_q.shape[0])
    require_equal("d_context", context=context.shape[-1], w_k=w_k.shape[0], w_v=w_v.shape[0])
    require_equal("width", w_q=w_q.shape[1], w_k=w_k.shape[1])
    require_equal("width n_heads * d_value", w_v=w_v.shape[1], w_o=w_o.shape[0])
    outputs, weights = attention(
        split_heads(xp.matmul(x, w_q), n_heads),  # (..., head, query, d_key)
        split_heads(xp.matmul(context, w_k), n_heads),  # (..., head, key, d_key)
        split_heads(xp.matmul(context, w_v), n_heads),  # (..., head, key, d_value)
        with_head_axis(mask, x, context),
    )
    return xp.matmul(merge_heads(outputs), w_o), weights


def with_head_axis(mask, x, context):
    """Insert the head axis, because (batch, query, key) would be read as (head, query, key) when batch equals heads."""
    if mask is None:
        return None
    batch = require_batches(x=x, context=context)
    if getattr(mask, "ndim", 0) > len(batch) + 2:
        raise ValueError(
            f"mask must have the axes (..., query, key) without a head axis, got shape {tuple(mask.shape)}; "
            f"the inputs have {len(batch) + 2} axes"
        )
    require_mask(mask, x, (*batch, x.shape[-2], context.shape[-2]))
    return mask if mask.ndim < 3 else mask[..., None, :, :]

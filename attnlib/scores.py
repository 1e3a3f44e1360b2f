"""Scores: how well each key answers each query."""

from attnlib.arguments import namespace_of, require_axes, require_batches, require_equal


def dot_scores(queries, keys):
    """Score every key against every query by their dot product.

    `s_ij = q_i . k_j`, "dot" in Luong, Pham and Manning (2015), section 3.1, below equation (7).

    Args:
        queries: (..., query, d_key), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.

    Returns:
        Scores (..., query, key), in the dtype of the inputs.

    Raises:
        ValueError: if the widths differ, the batch axes do not broadcast, or there are no keys.
        TypeError: if an argument is not a floating-point array, or the libraries differ.

    Example:
        >>> import numpy as np
        >>> dot_scores(np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 1.0]]))
        array([[3., 2.]])
    """
    xp = namespace_of(queries=queries, keys=keys)
    require_axes("query, d_key", queries=queries)
    require_axes("key, d_key", keys=keys)
    require_equal("width d_key", queries=queries.shape[-1], keys=keys.shape[-1])
    require_batches(queries=queries, keys=keys)
    return xp.matmul(queries, keys.mT)  # (..., query, key)


def scaled_dot_scores(queries, keys):
    """Score every key against every query by their dot product, divided by the root of the width.

    `s_ij = q_i . k_j / sqrt(d_key)`, Vaswani et al. (2017), equation (1). The queries are divided before the product,
    because they are the smaller array.

    Args:
        queries: (..., query, d_key), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.

    Returns:
        Scores (..., query, key), in the dtype of the inputs.

    Raises:
        ValueError: if the widths differ, the batch axes do not broadcast, or there are no keys.
        TypeError: if an argument is not a floating-point array, or the libraries differ.

    Example:
        >>> import numpy as np
        >>> scaled_dot_scores(np.array([[1.0, 1.0, 1.0, 1.0]]), np.array([[3.0, 0.0, 0.0, 1.0]]))
        array([[2.]])
    """
    namespace_of(queries=queries, keys=keys)
    require_axes("query, d_key", queries=queries)
    return dot_scores(queries * max(queries.shape[-1], 1) ** -0.5, keys)


def general_scores(queries, keys, w):
    """Score every key against every query through a learned matrix, so that their widths may differ.

    `s_ij = q_i W k_j`, "general" in Luong, Pham and Manning (2015), section 3.1, below equation (7), in row vectors.

    Args:
        queries: (..., query, d_query), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.
        w: (d_query, d_key), the learned matrix.

    Returns:
        Scores (..., query, key), in the dtype of the inputs.

    Raises:
        ValueError: if a width does not fit `w`, the batch axes do not broadcast, or there are no keys.
        TypeError: if an argument is not a floating-point array, or the libraries differ.

    Example:
        >>> import numpy as np
        >>> w = np.array([[0.0, 1.0], [1.0, 0.0]])  # swaps the two features of the query
        >>> general_scores(np.array([[1.0, 2.0]]), np.array([[3.0, 0.0], [0.0, 1.0]]), w)
        array([[6., 1.]])
    """
    xp = namespace_of(queries=queries, keys=keys, w=w)
    require_axes("query, d_query", queries=queries)
    require_axes("d_query, d_key", w=w)
    require_axes("key, d_key", keys=keys)
    require_equal("d_query", queries=queries.shape[-1], w=w.shape[-2])
    require_equal("d_key", w=w.shape[-1], keys=keys.shape[-1])
    require_batches(queries=queries, w=w)
    return dot_scores(xp.matmul(queries, w), keys)


def additive_scores(queries, keys, w_query, w_key, v):
    """Score every key against every query by a small network with one hidden layer.

    `s_ij = v . tanh(q_i W_query + k_j W_key)`, the alignment model of Bahdanau, Cho and Bengio (2015), appendix A.1.2,
    in row vectors.

    Args:
        queries: (..., query, d_query), floating point, NumPy or PyTorch.
        keys: (..., key, d_key), from the same library.
        w_query: (d_query, d_hidden), applied to the queries.
        w_key: (d_key, d_hidden), applied to the keys.
        v: (d_hidden,), from the hidden layer to one number.

    Returns:
        Scores (..., query, key), in the dtype of the inputs. The hidden layer, (..., query, key, d_hidden), is held
        in memory.

    Raises:
        ValueError: if a width does not fit its matrix, the batch axes do not broadcast, or there are no keys.
        TypeError: if an argument is not a floating-point array, or the libraries differ.

    Example:
        >>> import numpy as np
        >>> one = np.ones((1, 1))
        >>> additive_scores(np.array([[0.5]]), np.array([[-0.5], [9.5]]), one, one, np.ones(1)).round(3)
        array([[0., 1.]])
    """
    xp = namespace_of(queries=queries, keys=keys, w_query=w_query, w_key=w_key, v=v)
    require_axes("query, d_query", queries=queries)
    require_axes("key, d_key", keys=keys)
    require_axes("d_query, d_hidden", w_query=w_query)
    require_axes("d_key, d_hidden", w_key=w_key)
    if v.ndim != 1:
        raise ValueError(f"v must have one axis, (d_hidden,), got shape {tuple(v.shape)}")
    require_equal("d_query", queries=queries.shape[-1], w_query=w_query.shape[-2])
    require_equal("d_key", keys=keys.shape[-1], w_key=w_key.shape[-2])
    require_equal("d_hidden", w_query=w_query.shape[-1], w_key=w_key.shape[-1], v=v.shape[-1])
    require_batches(queries=queries, keys=keys, w_query=w_query, w_key=w_key)
    from_queries = xp.matmul(queries, w_query)[..., :, None, :]  # (..., query, 1, d_hidden)
    from_keys = xp.matmul(keys, w_key)[..., None, :, :]  # (..., 1, key, d_hidden)
    return xp.matmul(xp.tanh(from_queries + from_keys), v)  # (..., query, key)

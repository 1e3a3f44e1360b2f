"""What every function asks of its arguments, and the words in which it refuses them."""

import numpy as np
from array_api_compat import array_namespace, is_array_api_obj


def namespace_of(**arrays):
    """The array library of `arrays`, which must be floating-point arrays of one and the same library.

    The names of the keyword arguments are the names that the error messages use.
    """
    for name, array in arrays.items():
        if not is_array_api_obj(array):
            raise TypeError(
                f"{name} must be an array or a tensor, got {type(array).__name__}: "
                "wrap it in np.asarray or torch.as_tensor"
            )
    try:
        xp = array_namespace(*arrays.values())
    except TypeError:
        libraries = ", ".join(f"{name} from {type(array).__module__}" for name, array in arrays.items())
        raise TypeError(f"all arrays must come from one library, got {libraries}") from None
    for name, array in arrays.items():
        if not xp.isdtype(array.dtype, "real floating"):
            raise TypeError(f"{name} must hold floating-point numbers, got {array.dtype}")
    return xp


def is_whole(number):
    """Whether this is a whole number, Python's or NumPy's. True and False are none."""
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)


def require_axes(axes, **arrays):
    """Refuse an array that has fewer axes than `axes` has words, or no keys where the last but one are keys."""
    words = axes.replace(",", "").split()
    for name, array in arrays.items():
        if array.ndim < len(words):
            raise ValueError(f"{name} must have the axes (..., {', '.join(words)}), got shape {tuple(array.shape)}")
        if words[-2:-1] == ["key"] and array.shape[-2] == 0:
            raise ValueError(f"{name} must hold at least one key, got shape {tuple(array.shape)}")


def require_equal(axis, **sizes):
    """Refuse arrays whose sizes along one axis differ; `axis` is its name, `sizes` are the sizes by argument."""
    if len(set(sizes.values())) > 1:
        names, numbers = " and ".join(sizes), " and ".join(map(str, sizes.values()))
        raise ValueError(f"{names} must have the same {axis}, got {numbers}")


def require_batches(**arrays):
    """Refuse arrays (..., n, d) whose leading axes do not broadcast; the axes they have in common otherwise."""
    try:
        return np.broadcast_shapes(*(array.shape[:-2] for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
        raise ValueError(f"the batch axes must agree or broadcast, got {shapes}") from None


def require_mask(mask, like, shape):
    """Refuse a mask that is not boolean, not from the library of `like`, or does not fit scores (..., query, key)."""
    if not is_array_api_obj(mask):
        raise TypeError(
            f"mask must be a boolean array, got {type(mask).__name__}: wrap it in np.asarray or torch.as_tensor"
        )
    xp = array_namespace(like)
    if array_namespace(mask) is not xp:
        raise TypeError(
            f"mask must come from the library of the scores, got {type(mask).__module__} and {type(like).__module__}; "
            "the mask functions take `like=queries`"
        )
    if mask.dtype != xp.bool:
        raise TypeError(
            f"mask must be boolean (True = may attend), got {mask.dtype}; "
            "an additive mask of 0 and -inf becomes boolean as `mask == 0`"
        )
    shape, got = tuple(shape), tuple(mask.shape)
    try:
        fits = got[-1:] == shape[-1:] and np.broadcast_shapes(shape, got)[-2:] == shape[-2:]
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"mask must broadcast to the scores' axes (..., query, key) = {shape}, got shape {got}"
            + (f"; its last axis must hold all {shape[-1]} keys" if got[-1:] != shape[-1:] else "")
        )

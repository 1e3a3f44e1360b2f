"""Values that go into a learner's function and come out of it: arrays, tensors, tuples, anything."""

import copy
import math

import numpy as np

from attnlib.checks.calls import LARGEST, is_tensor, torch_module


def fresh(x, library, dtype=None):
    """A copy of an argument for one library: tensors hold single precision, as in models."""
    if type(x) in (list, tuple):  # a list can be changed, too
        return type(x)(fresh(part, library, dtype) for part in x)
    if not isinstance(x, np.ndarray):
        return copy.copy(x)
    x = x.astype(dtype) if dtype and x.dtype.kind == "f" else x.copy()
    if library == "numpy":
        return x
    torch = torch_module()
    if torch is None:
        raise ValueError("tensors were asked for, but torch is not imported")
    # used in another thread, where this one's default device and inference mode do not hold;
    # what is too large for single precision becomes infinite
    with torch.inference_mode(False), np.errstate(over="ignore"):
        return torch.asarray(x.astype(np.float32) if x.dtype.kind == "f" else x, device="cpu")


def in_library(call, library):
    """Arguments and keywords of a call, copied for one library."""
    arguments, named = call
    return tuple(fresh(x, library) for x in arguments), {name: fresh(x, library) for name, x in named.items()}


def is_array(x):
    """Whether this is an array or a tensor."""
    return isinstance(x, (np.ndarray, np.generic)) or is_tensor(x)


def size_of(x):
    """How many numbers, strings and other things an argument holds."""
    return sum(map(size_of, x)) if type(x) in (list, tuple) else np.size(x)


def is_float_array(x):
    """Whether this is a NumPy array of floating-point numbers, which can be moved a little."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def parts(value):
    """The parts of a returned value, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def listed(value):
    """A list or tuple of numbers as one array, so that lists of any length can be compared; anything else as it is."""
    if type(value) not in (list, tuple) or len(value) > LARGEST:
        return value
    numbers = [numbers_of(x) for x in value]
    if any(x is None for x in numbers) or len({x.shape for x in numbers}) > 1:
        return value
    return np.stack(numbers) if numbers else np.zeros(0, dtype=int)


def stacked(value):
    """A returned tuple in which each list of arrays, such as one for every layer, has become one array."""
    return tuple(map(_stack, value)) if isinstance(value, (list, tuple)) else value


def _stack(part):
    """A list or tuple of arrays of one shape as one array; anything else as it is."""
    if type(part) not in (list, tuple) or not all(map(is_array, part)) or len({tuple(np.shape(x)) for x in part}) > 1:
        return part
    if sum(math.prod(np.shape(x)) for x in part) > LARGEST:
        return part
    if any(map(is_tensor, part)):
        return torch_module().stack([torch_module().as_tensor(x) for x in part])
    return np.stack(part) if part else np.zeros(0)


def seen_value(value):
    """A returned value in the form in which the bank keeps results: a tuple of arrays, or "odd"."""
    found = [numbers_of(x) for x in parts(value)[:9]]
    return "odd" if any(part is None for part in found) else tuple(found)


def numbers_of(x):
    """The numbers of an array, tensor or number as a NumPy array; None if there are none, or far too many."""
    if not is_array(x) and not isinstance(x, (bool, int, float)):
        return None
    if math.prod(np.shape(x)) > LARGEST:
        return None
    try:
        found = np.asarray(x.detach().cpu() if is_tensor(x) else np.ma.filled(x, 0) if np.ma.isMA(x) else x)
    except (TypeError, RuntimeError, ValueError):
        return None
    return found if found.dtype.kind in "biuf" else None

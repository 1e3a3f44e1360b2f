"""What every exported function asks of its arguments and promises about them, function by function from one table."""

import inspect
from functools import partial

import numpy as np
import pytest
from array_api_compat import array_namespace
from numpy.testing import assert_allclose, assert_array_equal

import attnlib
from attnlib import arguments

MASK = np.asarray([[True, False, True, True], [False] * 4, [True, True, False, False]])  # one row with nothing allowed
HEADS = {"w_q": (6, 4), "w_k": (5, 4), "w_v": (5, 4), "w_o": (4, 6)}

# name of a function: the shapes of its arrays by the names of its arguments, and what else it is given
CALLS = {
    "dot_scores": ({"queries": (2, 3, 5), "keys": (2, 4, 5)}, {}),
    "scaled_dot_scores": ({"queries": (2, 3, 5), "keys": (2, 4, 5)}, {}),
    "general_scores": ({"queries": (2, 3, 6), "keys": (2, 4, 5), "w": (6, 5)}, {}),
    "additive_scores": (
        {"queries": (2, 3, 6), "keys": (2, 4, 5), "w_query": (6, 7), "w_key": (5, 7), "v": (7,)},
        {},
    ),
    "softmax": ({"scores": (2, 3, 4)}, {}),
    "masked_softmax": ({"scores": (2, 3, 4)}, {"mask": MASK}),
    "softmax_jacobian": ({"weights": (2, 3, 4)}, {}),
    "entropy": ({"weights": (2, 3, 4)}, {}),
    "attention": ({"queries": (2, 3, 5), "keys": (2, 4, 5), "values": (2, 4, 6)}, {"mask": MASK}),
    "blockwise_attention": (
        {"queries": (2, 3, 5), "keys": (2, 4, 5), "values": (2, 4, 6)},
        {"mask": MASK, "block": 2},
    ),
    "split_heads": ({"x": (2, 3, 4)}, {"n_heads": 2}),
    "merge_heads": ({"x": (2, 3, 4, 5)}, {}),
    "multi_head_attention": ({"x": (2, 3, 6), "context": (2, 4, 5), **HEADS}, {"n_heads": 2, "mask": MASK}),
    "rotary": ({"queries_or_keys": (2, 3, 4)}, {}),
}
WITHOUT_ARRAYS = {"causal_mask", "padding_mask", "sinusoidal_positions", "window_mask"}
each_function = pytest.mark.parametrize("name", CALLS)


def example(name, dtype=np.float64):
    """Arrays by name for one function; positive, so that they can be weights too."""
    shapes, _ = CALLS[name]
    rng = np.random.default_rng(0)
    return {argument: rng.uniform(0.1, 1, shape).astype(dtype) for argument, shape in shapes.items()}


def call(name, arrays, make):
    """What the function returns, always as a list."""
    settings = {key: make(value) if isinstance(value, np.ndarray) else value for key, value in CALLS[name][1].items()}
    result = getattr(attnlib, name)(**arrays, **settings)
    return list(result) if isinstance(result, tuple) else [result]


def test_the_table_holds_every_exported_function():
    assert set(CALLS) | WITHOUT_ARRAYS == set(attnlib.__all__)
    for name, (shapes, _) in CALLS.items():
        assert list(inspect.signature(getattr(attnlib, name)).parameters)[: len(shapes)] == list(shapes)


@each_function
def test_every_library_gives_what_numpy_gives(make, name):
    results = call(name, {key: make(array) for key, array in example(name).items()}, make)
    expected = call(name, example(name), np.asarray)
    for ours, numpys in zip(results, expected, strict=True):
        assert type(ours) is type(make(np.ones(1)))
        assert_allclose(np.asarray(ours), numpys, atol=1e-12)


@each_function
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_of_the_inputs_is_kept(make, name, dtype):
    arrays = {key: make(array) for key, array in example(name, dtype).items()}
    expected = call(name, example(name), np.asarray)
    for result, exact in zip(call(name, arrays, make), expected, strict=True):
        assert result.dtype == make(np.ones(1, dtype)).dtype
        assert_allclose(np.asarray(result), exact, atol=1e-5)


@each_function
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_kept(torch, name, dtype):
    dtype = getattr(torch, dtype)
    arrays = {key: torch.as_tensor(array).to(dtype) for key, array in example(name).items()}
    expected = call(name, {key: array.double() for key, array in arrays.items()}, torch.as_tensor)
    for result, exact in zip(call(name, arrays, torch.as_tensor), expected, strict=True):
        assert result.dtype == dtype
        assert_allclose(result.double(), exact, rtol=5 * torch.finfo(dtype).eps, atol=torch.finfo(dtype).eps)


@each_function
def test_numpys_half_precision_is_kept(name):
    expected = call(name, example(name), np.asarray)
    for result, exact in zip(call(name, example(name, np.float16), np.asarray), expected, strict=True):
        assert result.dtype == np.float16
        assert_allclose(result, exact, rtol=0.01, atol=0.005)


@each_function
def test_the_inputs_are_never_changed(make, name):
    originals = example(name)
    arrays = {key: make(array.copy()) for key, array in originals.items()}
    mask = make(MASK.copy())
    settings = {key: mask if key == "mask" else value for key, value in CALLS[name][1].items()}
    getattr(attnlib, name)(**arrays, **settings)
    for key, original in originals.items():
        assert_array_equal(np.asarray(arrays[key]), original)
    assert_array_equal(np.asarray(mask), MASK)


@each_function
def test_the_inputs_may_be_read_only(name):
    arrays = example(name)
    for array in arrays.values():
        array.flags.writeable = False
    call(name, arrays, np.asarray)


@each_function
def test_inputs_need_not_be_contiguous(make, name):
    xp = array_namespace(make(np.ones(1)))

    def scattered(array):
        """The same numbers, but every second place of a larger array whose axes run the other way."""
        wide = np.full((*array.shape[::-1], 2), np.nan)
        wide[..., 0] = array.T
        return xp.permute_dims(make(wide)[..., 0], tuple(reversed(range(array.ndim))))

    arrays = {key: scattered(array) for key, array in example(name).items()}
    expected = call(name, example(name), np.asarray)
    for result, contiguous in zip(call(name, arrays, make), expected, strict=True):
        assert_allclose(np.asarray(result), contiguous, atol=1e-12)


@each_function
def test_gradients_are_the_ones_that_numerical_differences_find(torch, name):
    names = list(CALLS[name][0])
    inputs = [torch.as_tensor(array).requires_grad_() for array in example(name).values()]

    def function(*arrays):
        return tuple(call(name, dict(zip(names, arrays, strict=True)), torch.as_tensor))

    assert torch.autograd.gradcheck(function, inputs)


@each_function
def test_every_sequence_of_a_batch_is_computed_as_if_it_were_alone(make, name):
    per_sequence = [key for key, shape in CALLS[name][0].items() if shape[0] == 2]
    arrays = {key: make(array) for key, array in example(name).items()}
    together = call(name, arrays, make)
    for b in range(2):
        one = {key: array[b, ...] if key in per_sequence else array for key, array in arrays.items()}
        for whole, alone in zip(together, call(name, one, make), strict=True):
            assert_allclose(np.asarray(whole)[b], np.asarray(alone), atol=1e-12)


def test_every_function_computes_on_an_accelerator_what_it_computes_on_the_cpu(torch, accelerator):
    for name in CALLS:
        results = {}
        for device in ("cpu", accelerator):
            to_device = partial(torch.as_tensor, device=device)
            arrays = {key: to_device(array).requires_grad_() for key, array in example(name, np.float32).items()}
            outputs = call(name, arrays, to_device)
            sum((output**2).sum() for output in outputs).backward()
            results[device] = [*(output.detach() for output in outputs), *(x.grad for x in arrays.values())]
        for on_cpu, there in zip(results["cpu"], results[accelerator], strict=True):
            assert there.device.type == accelerator
            assert_allclose(there.cpu(), on_cpu, atol=1e-4, err_msg=name)


def test_masks_are_made_on_the_accelerator(torch, accelerator):
    like = torch.zeros(1, device=accelerator)
    masks = [
        attnlib.causal_mask(3, like=like),
        attnlib.window_mask(3, width=1, like=like),
        attnlib.padding_mask([1, 3], 3, like=like),
        attnlib.padding_mask(torch.tensor([1, 3], device=accelerator), 3),
    ]
    assert all(mask.device.type == accelerator for mask in masks)


# --- what is refused, for every function and every argument ---

EACH_ARGUMENT = [(name, argument) for name, (shapes, _) in CALLS.items() for argument in shapes]
each_argument = pytest.mark.parametrize(("name", "argument"), EACH_ARGUMENT)


@each_argument
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool, np.complex128])
def test_numbers_that_are_not_floating_point_are_refused_by_name(make, name, argument, dtype):
    arrays = {key: make(array) for key, array in example(name).items()}
    arrays[argument] = make(np.ones(arrays[argument].shape, dtype))
    kind = np.dtype(dtype).name
    with pytest.raises(TypeError, match=f"{argument} must hold floating-point numbers, got .*{kind}"):
        call(name, arrays, make)


@each_argument
def test_what_is_no_array_is_refused_by_name(make, name, argument):
    for wrong in ([[1.0, 2.0]], 1.0, None, "x", ((1.0,),)):
        arrays = {key: make(array) for key, array in example(name).items()}
        arrays[argument] = wrong
        kind = type(wrong).__name__
        with pytest.raises(TypeError, match=f"{argument} must be an array or a tensor, got {kind}: wrap it"):
            call(name, arrays, make)


@pytest.mark.parametrize(
    ("name", "argument"), [(name, argument) for name, argument in EACH_ARGUMENT if len(CALLS[name][0]) > 1]
)
def test_arrays_of_two_libraries_are_refused_by_name(torch, name, argument):
    arrays = example(name)
    arrays[argument] = torch.as_tensor(arrays[argument])
    message = f"all arrays must come from one library, got .*{argument} from torch"
    with pytest.raises(TypeError, match=message):
        call(name, arrays, np.asarray)
    arrays = {key: torch.as_tensor(array) for key, array in example(name).items()}
    arrays[argument] = np.asarray(arrays[argument])
    with pytest.raises(TypeError, match=f"all arrays must come from one library, got .*{argument} from numpy"):
        call(name, arrays, torch.as_tensor)


# --- the words themselves ---


def test_common_batch_axes_are_found_or_all_shapes_are_named():
    assert arguments.require_batches(a=np.ones((2, 1, 5, 6)), b=np.ones((3, 7, 8))) == (2, 3)
    with pytest.raises(ValueError, match=r"got a \(2, 5, 6\), b \(3, 7, 8\), c \(1, 1\)"):
        arguments.require_batches(a=np.ones((2, 5, 6)), b=np.ones((3, 7, 8)), c=np.ones((1, 1)))


def test_true_and_two_point_nought_are_no_whole_numbers():
    assert [arguments.is_whole(n) for n in (0, -3, np.int8(2), True, 2.0, np.float64(2), "2", None)] == (
        [True] * 3 + [False] * 5
    )

"""Calling a function that may do anything: raise, print, write into its input, never end, fill the memory."""

import contextlib
import ctypes
import functools
import inspect
import io
import linecache
import sys
import threading
import traceback
import types
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SECONDS = 5.0  # for all examples together
SHOWN = 400  # characters that are kept of what a function prints
MEMORY = 2 * 2**30  # bytes that a function may take on top of what is in use
LARGEST = 10**6  # numbers that a result may hold before nobody looks at them
PATIENCE = 20  # tries to stop a function that catches every exception
_ONE_AT_A_TIME = threading.Lock()  # streams, warnings and the memory limit belong to the whole process


class TimeUp(BaseException):
    """Thrown into a function that does not end. No Exception, so that `except Exception` does not catch it."""


@dataclass
class Outcome:
    """What one call did.

    Attributes:
        value: what it returned.
        error: what it raised, or None.
        line: the line of the learner's code that raised it.
        changed: whether one of its arguments holds other numbers than before.
        done: whether the call came back at all.
    """

    value: object = None
    error: BaseException | None = None
    line: str = ""
    changed: bool = False
    done: bool = False


@dataclass
class Run:
    """What several calls did together: their outcomes, and what was printed and warned on the way."""

    outcomes: list
    printed: str = ""
    warned: tuple = ()
    in_time: bool = True
    stopped: bool = True


class _Beginning(io.TextIOBase):
    """A text stream that keeps the first characters only: a loop that prints must not fill the memory."""

    def __init__(self):
        self.text = ""

    def writable(self):
        return True

    def write(self, text):
        self.text = (self.text + text[:SHOWN])[:SHOWN]
        return len(text)


def call_all(fn, calls, seconds):
    """Call a function with one set of arguments after the other, within a time limit for all of them.

    Args:
        fn: any callable.
        calls: a list of (arguments, keywords), given as NumPy arrays, tensors, numbers, strings, None,
            functions, and lists and tuples of them.
        seconds: the limit, together. It is kept in a thread of its own where threads exist, so that a function that
            never ends is left behind; without threads there is no limit.

    Returns:
        A Run with one Outcome for every call.
    """
    run = Run([Outcome() for _ in calls])

    def work():
        with np.errstate(all="ignore"):
            for outcome, (arguments, keywords) in zip(run.outcomes, calls, strict=True):
                _call(fn, arguments, keywords, outcome)

    output = _Beginning()
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as warned, _memory_limit():
        warnings.simplefilter("always")
        # here and not in the thread, which may never come back to put it right
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            run.in_time, run.stopped = _within(seconds, work)
    run.printed, run.warned = output.text, tuple(str(w.message) for w in warned)
    return run


def _call(fn, arguments, keywords, outcome):
    given = (*arguments, *keywords.values())
    before = copy_of(given)
    try:
        outcome.value = _kept(fn(*arguments, **keywords))
    except TimeUp:
        raise
    except BaseException as error:  # sys.exit() too
        outcome.error, outcome.line = error, _line_of(fn, error)
        error.__traceback__ = error.__context__ = error.__cause__ = None  # frames hold whatever the function made
    outcome.changed = not _equal(given, before)
    outcome.done = True


def _kept(value):
    """A returned value as it is now: a function may give back one array again and again, with other numbers."""
    if type(value) in (tuple, list):
        return type(value)(map(_kept, value))
    if inspect.iscoroutine(value):
        value.close()  # or Python complains that it was never awaited
    is_small = isinstance(value, np.ndarray) and value.size <= LARGEST
    return value.copy() if is_small else value


def _within(seconds, work):
    """Run `work` in a thread; return whether it ended in time, and whether it could be stopped otherwise."""

    # an event of our own: before Python 3.13 a thread whose join was interrupted counts as dead while it runs
    ended, in_time = threading.Event(), False

    def guarded():
        with contextlib.suppress(TimeUp):
            try:
                work()
            finally:
                ended.set()

    thread = threading.Thread(target=guarded, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no threads here, as in a browser
        guarded()
        return True, True
    try:
        in_time = ended.wait(seconds)
    finally:  # also when the learner presses stop
        for _ in range(PATIENCE):
            if ended.is_set():
                break
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeUp))
            ended.wait(0.05)
    return in_time, ended.is_set()


@contextlib.contextmanager
def _memory_limit():
    """Let an array that does not fit raise a MemoryError before the machine stops; only Linux can."""
    try:
        import resource

        in_use = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    except (ImportError, OSError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = in_use + MEMORY
    if soft == resource.RLIM_INFINITY or soft > limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def copy_of(x):
    """A copy of an array or tensor, or of a list or tuple with all that is in it; everything else as it is."""
    if type(x) in (list, tuple):
        return type(x)(map(copy_of, x))
    if isinstance(x, np.ndarray):
        return x.copy()
    return x.detach().clone() if is_tensor(x) else x


def _equal(a, b):
    if type(a) is not type(b):
        return False
    if type(a) in (list, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, np.ndarray):
        if a.dtype.kind != "f":
            return np.array_equal(a, b)
        # a score that is moved there and back may keep a rounding error
        return a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
    if is_tensor(a):
        return _equal(a.detach().numpy(), b.numpy())
    return a is b or not isinstance(a, (str, int, float)) or a == b


def torch_module():
    """PyTorch if it is in use, else None: a function that uses it has imported it."""
    return sys.modules.get("torch")


def is_tensor(x):
    """Whether this is a PyTorch tensor."""
    torch = torch_module()
    return torch is not None and isinstance(x, torch.Tensor)


def code_of(fn):
    """The code object of a function, of what it wraps, or of an object's `forward` or `__call__`; None if none."""
    while isinstance(fn, functools.partial) or hasattr(fn, "__wrapped__"):
        fn = fn.func if isinstance(fn, functools.partial) else fn.__wrapped__
    if not hasattr(fn, "__code__") and not isinstance(fn, type):
        fn = getattr(fn, "forward", None) or type(fn).__call__
    return getattr(fn, "__code__", None)


def _line_of(fn, error):
    """The last line of the learner's own file on the way to the error."""
    code, found = code_of(fn), ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if code is not None and frame.f_code.co_filename == code.co_filename:
            found = linecache.getline(code.co_filename, number, frame.f_globals).strip() or found
    return found


def library_of(fn, depth=2):
    """The library that a function, or a function of its own that it calls, uses by name.

    Returns:
        "torch", "numpy", or None where the code names neither: a method such as `.mean()` may be either's.
    """
    torch, code, own = torch_module(), code_of(fn), getattr(fn, "__func__", fn)
    if torch is None:
        return "numpy"
    if isinstance(fn, torch.nn.Module):
        return "torch"
    if code is None:
        return _library_named(fn)
    cells = zip(code.co_freevars, getattr(own, "__closure__", None) or (), strict=False)
    known = {**getattr(own, "__globals__", {}), **{name: _content(cell) for name, cell in cells}}
    found = set()
    for name in _names_in(code) | set(code.co_freevars):
        value = known.get(name, sys.modules.get(name) if name in ("torch", "numpy") else None)
        found.add(_library_named(value))
        is_own = hasattr(value, "__globals__") and getattr(value, "__module__", "") == getattr(own, "__module__", None)
        if depth and is_own:
            found.add(library_of(value, depth - 1))
    return "torch" if "torch" in found else "numpy" if "numpy" in found else None


def _library_named(value):
    """The library that a module, or something from it, belongs to: "torch", "numpy" or None."""
    module = getattr(value, "__name__", "") if isinstance(value, types.ModuleType) else getattr(value, "__module__", "")
    library = str(module).split(".")[0]
    return library if library in ("torch", "numpy") else None


def _content(cell):
    """What a closure's cell holds; None as long as it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def names_of(fn):
    """The global names and attributes that a function uses."""
    code = code_of(fn)
    return set() if code is None else _names_in(code)


def _names_in(code):
    """The global names and attributes in a code object and in the functions inside it."""
    inside = (_names_in(constant) for constant in code.co_consts if hasattr(constant, "co_names"))
    return set(code.co_names).union(*inside)

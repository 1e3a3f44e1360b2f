"""Examples on which a function is tried."""

from dataclasses import dataclass, field

import numpy as np

ORDINARY, EXTREME, EXTRA = "ordinary", "extreme", "extra"


@dataclass(frozen=True)
class Example:
    """One set of arguments on which a function is tried.

    Attributes:
        label: what is special about it, in a few words.
        arguments: NumPy arrays, numbers, strings, None, functions, and lists and tuples of them, as positional
            arguments.
        named: arguments that are passed by name, and only to functions that take them: {"axis": 0}.
        kind: "ordinary"; "extreme" (huge numbers and the like, left aside where that helps to name a mistake); or
            "extra": looked at, but a wrong result is a remark and fails nothing.
        may_refuse: whether a function may raise an exception instead.
        remark: what to say about a wrong result of an extra example.
    """

    label: str
    arguments: tuple
    named: dict = field(default_factory=dict)
    kind: str = ORDINARY
    may_refuse: bool = False
    remark: str = ""


def normals(*shapes):
    """Arrays of standard normal numbers with one digit behind the point; the shapes decide them, and nothing else."""
    rng = np.random.default_rng([size for shape in shapes for size in (len(shape), *shape)])
    return tuple(rng.standard_normal(shape).round(1) for shape in shapes)

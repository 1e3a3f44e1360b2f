"""Numbers and shapes as text: short rows, axes in words."""

import numpy as np

LONGEST = 6  # numbers of a row that are shown


def row_text(row, digits=3):
    """A row of numbers in brackets, shortened in the middle if it is long."""
    row = np.asarray(row)
    if row.ndim == 0:
        return _number(row[()], digits)
    shown = [_number(x, digits) for x in row[:LONGEST]]
    more = " ..." if len(row) > LONGEST else ""
    return f"[{' '.join(shown)}{more}]"


def two_rows(expected, got):
    """Two rows as text, with as many digits as it takes to see that they differ."""
    for digits in (3, 6, 9):
        texts = row_text(expected, digits), row_text(got, digits)
        if texts[0] != texts[1]:
            return texts
    return texts


def array_text(array):
    """A small array in one line, its rows in brackets."""
    array = np.asarray(array)
    if array.ndim < 2:
        return row_text(array)
    return f"[{' '.join(array_text(part) for part in array)}]"


def argument_text(x):
    """An argument in one line: a function by its name, strings and lists as in Python, an array as its rows."""
    if type(x) in (list, tuple):
        inside = ", ".join(map(argument_text, x))
        return f"[{inside}]" if type(x) is list else f"({inside}{',' if len(x) == 1 else ''})"
    if callable(x):
        return getattr(x, "__name__", "a function")
    return repr(x) if isinstance(x, str) else array_text(x)


def _number(x, digits):
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (int, np.integer)):
        return str(x)
    if not isinstance(x, (float, np.floating)):
        return f"{x!r:.20}"
    if not np.isfinite(x):
        return str(float(x))
    if x == round(x) and abs(x) < 1e4:
        return f"{x:.0f}."
    return f"{x:.{digits}f}" if 10**-digits <= abs(x) < 1e4 else f"{x:.{digits}g}"


def shape_text(shape):
    """A shape, without the comma of Python's tuples of one."""
    return f"({', '.join(map(str, shape))})"


def axes_of(words, ndim):
    """The words for the axes of an array with `ndim` axes: `words` for the last ones, batch for those before.

    Where `words` has dots, the batch stands in their place: "layer, ..., query, key".
    """
    last = [word.strip() for word in words.split(",") if word.strip()]
    place = last.index("...") if "..." in last else 0
    last = [word for word in last if word != "..."]
    last = last[max(len(last) - ndim, 0) :]
    return last[:place] + ["batch"] * (ndim - len(last)) + last[place:]

"""What an exception means, in the learner's words."""

import re
from typing import NamedTuple


class Translation(NamedTuple):
    """A kind of exception: what it looks like, the id of the mistake if it is one, and what to say."""

    kind: str
    pattern: str
    words: str
    cause: str | None = None


TRANSLATIONS = (
    Translation(
        "view",
        r"view size is not compatible",
        "`.view` needs numbers that lie in memory in the order of the axes, and after a transpose they do not. "
        "There is a method that copies where it has to.",
        "to_view",
    ),
    Translation(
        "numpy of a tensor",
        r"Can't call numpy\(\) on Tensor that requires grad",
        "A tensor that records gradients is turned into a NumPy array. That would end the record: stay in torch.",
        "to_numpy",
    ),
    Translation(
        "in place",
        r"leaf Variable that requires grad|modified by an inplace operation|in-place operation",
        "A tensor is changed in place (`+=`, `*=`, `x[...] =`, or a method that ends in `_`). Autograd still needs "
        "the old numbers: make a new tensor.",
        "to_inplace",
    ),
    Translation(
        "mixed libraries",
        r"must be Tensor, not numpy|expected np\.ndarray|not ndarray|"
        r"numpy\.ndarray.* has no attribute '(?:softmax|masked_fill_?|dim|size|view|unsqueeze|permute|float|double)'|"
        r"'Tensor' object has no attribute "
        r"'(?:astype|copy)'",
        "A NumPy array meets a torch function, or the other way round. Keep to one of the two.",
    ),
    Translation(
        "dtypes",
        r"same dtype|expected scalar type|dtype mismatch|Cannot cast ufunc",
        "Two arrays have different types of numbers. One of them was probably made inside the function, without the "
        "dtype of the input.",
    ),
    Translation(
        "minus of booleans",
        r"[Ss]ubtract.*bool|boolean (?:negative|subtract)|`-` operator",
        "True and False cannot be subtracted or negated with a minus; they have an operator of their own.",
    ),
    Translation(
        "not of numbers",
        r"ufunc 'invert' not supported|bad operand type for unary ~|bitwise_not",
        "`~` turns True and False round; these are numbers.",
    ),
    Translation(
        "boolean index",
        r"boolean index did not match|shape of the mask .* does not match|boolean array indexing",
        "A boolean array used as an index must have the full shape; one that only lines up, as a mask with an axis of "
        "length 1, does not work.",
    ),
    Translation(
        "einsum letters",
        r"einstein sum|einsum\(\): (?:the number of subscripts|fewer operands|more operands|output subscript)",
        "The letters of the einsum do not fit the axes of its arrays. Leading axes (batch) may be there or not: three "
        "dots stand for them, before the arrow and behind it.",
    ),
    Translation(
        "whole power",
        r"Integers to negative integer powers",
        "NumPy does not raise whole numbers to negative whole powers: one of the two has to be a floating-point "
        "number.",
    ),
    Translation(
        "function in brackets",
        r"'(?:function|method|builtin_function_or_method|type)' object is not subscriptable",
        "A function stands before square brackets. It is called with round ones, and what it returns can then be "
        "indexed.",
    ),
    Translation(
        "whole size",
        r"'float' object cannot be interpreted|found element of type float|slice indices must be",
        "A size or an index must be a whole number: `/` always gives a float.",
    ),
    Translation(
        "one symbol",
        r"step takes the number of",
        "The step is given something else to read than the number of one symbol. It reads a symbol first, the start "
        "or the one that was written last, then the state.",
    ),
    Translation(
        "sizes of an array",
        r"Cannot interpret '\d+' as a data type",
        "The sizes of a new array belong into parentheses of their own: they are one argument, not several.",
    ),
    Translation(
        "array for size",
        r"only integer scalar arrays|'numpy.ndarray' object cannot be interpreted as an integer",
        "An array stands where a size or an index is needed, as in `range(...)`.",
    ),
    Translation(
        "array for number",
        r"only 0-dimensional arrays can be converted|only length-1 arrays|only one element tensors can be converted|"
        r"a Tensor with \d+ elements cannot be converted",
        "A function for single numbers, as those of the module `math`, is given a whole array.",
    ),
    Translation(
        "ragged",
        r"inhomogeneous|expected sequence of length",
        "Rows of different lengths do not make an array. Keep them in lists, and compare or add them row by row.",
    ),
    Translation(
        "filled in",
        r"could not broadcast input array",
        "What is filled in has another shape than its place. Is an axis of length 1 missing, are two sizes exchanged, "
        "or is one written into the function as a number?",
    ),
    Translation(
        "pair",
        r"return_types|unsupported operand.*(?:tuple|method)|not method|builtin_function_or_method",
        "Something that is not an array takes part in the arithmetic: a pair, as torch's max along an axis returns "
        "it, or a method without parentheses behind it.",
    ),
    Translation(
        "unpacking",
        r"(?:not enough|too many) values to unpack",
        "What is unpacked has more or fewer parts than there are names for it. If it is a shape, leading axes (batch) "
        "may be there or not: count from the end.",
    ),
    Translation(
        "list index",
        r"(?:list|string|pop|assignment) index out of range|pop from empty list",
        "A list has ended: it is shorter than the code expects. Does the loop run over the right list, stop at its "
        "length, and leave it as long as it is?",
    ),
    Translation(
        "tuple index",
        r"tuple index out of range",
        "A tuple has ended: it is shorter than the code expects. If it is a shape, the array has fewer axes: leading "
        "axes (batch) may be there or not.",
    ),
    Translation(
        "missing axis",
        r"out of bounds for array of dimension|Dimension out of range|axes don't match|IndexError: too many indices|"
        r"too many indices for|axis.* is out of bounds|number of dims don't match|axes that",
        "An axis is named that the array does not have. Leading axes (batch) may be there or not: count axes from the "
        "end.",
    ),
    Translation(
        "index",
        r"out of bounds|index out of range",
        "An index runs past the end of an axis. Does a loop run over the right axis, and stop at its size?",
    ),
    Translation(
        "view shape",
        r"cannot reshape array|is invalid for input of size|cannot be divided|equal division",
        "A reshape does not come out even: the sizes of the new axes, multiplied, must give the number of entries.",
    ),
    Translation(
        "shapes",
        r"mismatch in its core dimension|cannot be multiplied|could not be broadcast|must match the size|"
        r"shapes? .*not aligned|size of tensor|Expected size for|inconsistent tensor size|batch1|must be the same|"
        r"cannot be broadcast|not broadcastable|does not have enough dimensions|must have same length|inner dimensions|"
        r"all the input array|expand\(|operands|non-broadcastable|Sizes of tensors|The expanded size|"
        r"1D tensors expected|same number of dimensions|incompatible dim|match the broadcast shape",
        "Two arrays do not fit together. Write the axes of both in words, for example (query, d_key) and (key, d_key): "
        "which axis of the one must meet which of the other? Note that `.T` turns round all axes, also the batch.",
    ),
    Translation(
        "name",
        r"is not defined|cannot access local variable|referenced before assignment|cannot access free variable",
        "A name is used that means nothing here: is it misspelt, or is an import missing?",
    ),
    Translation(
        "call",
        r"positional argument|unexpected keyword|missing \d+ required|got an unexpected|multiple values for argument",
        "A function is called with other arguments than it takes.",
    ),
    Translation(
        "recursion",
        r"maximum recursion depth",
        "The function calls itself again and again. Did you give it the name of the function that you wanted to call?",
        "recursion",
    ),
    Translation(
        "memory",
        r"Unable to allocate|can't allocate memory|not enough memory|MemoryError|bad_alloc",
        "The function asks for more memory than there is, for a tiny example. Was a size taken from the wrong place?",
        "memory",
    ),
    Translation(
        "truth",
        r"truth value of an array|Boolean value of Tensor",
        "An array stands where one True or False is needed, as after `if` or in Python's own `max` and `min`. `where` "
        "chooses for every entry.",
    ),
    Translation(
        "none",
        r"NoneType",
        "Something is None: what a helper function without `return` gives back, or a method that changes a list, as "
        "`remove`, `append` and `sort` do; or the mask, where there is one that may be left out.",
    ),
    Translation(
        "number for array",
        r"has no len\(\)|is not subscriptable|is not iterable|invalid index to scalar",
        "A number stands where an array is needed: does this example have fewer axes than the code expects, or are the "
        "arguments in another order than the exercise says?",
    ),
    Translation("attribute", r"has no attribute", "There is no method or attribute of this name: is it misspelt?"),
    Translation("exit", r"SystemExit", "The function ends the program."),
)


def translate(error):
    """The kind of an exception and what to say about it: a Translation; one without words if it is unknown."""
    text = f"{type(error).__name__}: {error}"
    for translation in TRANSLATIONS:
        if re.search(translation.pattern, text):
            return translation
    return Translation(type(error).__name__, "", "")


def is_foreign(error):
    """Whether an exception looks like that of one library's words used on the other's arrays.

    `transpose(-2, -1)` exchanges two axes in torch; in NumPy it wants an order of all axes.
    """
    return bool(re.search(r"axes don't match array|has no attribute|not ndarray|not numpy", str(error)))


def first_line(error, limit=140):
    """The exception in one line."""
    lines = str(error).strip().splitlines()
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"

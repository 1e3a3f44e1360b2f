"""Mistakes that any function can have: id -> what the learner is told."""

from attnlib.checks.errors import TRANSLATIONS

GENERAL = {
    **{translation.cause: translation.words for translation in TRANSLATIONS if translation.cause},
    "not_implemented": "Not implemented yet: put your code in the place of the dots, then run the cell again.",
    "returned_none": "The function returns None. Is the `return` missing, or does one branch lack it?",
    "not_a_function": "The check wants the function itself: its name, without parentheses behind it.",
    "unreadable": "The check cannot read what the function returned.",
    "wrong_arguments": "The function takes other arguments than the exercise says.",
    "endless": "They are tiny: is there a loop that never ends, or one with very many steps?",
    "in_place": "The function writes into its argument: the caller's array or list is another one afterwards. "
    "`+=`, `-=`, `x[...] =` do that, and so do `del` and methods of lists such as `remove`; also through a second name "
    "for the same array or list.",
    "float": "They come back as floating-point numbers, 4.0 in place of 4. Numbers of symbols are whole: an embedding "
    "takes no others. A new array, such as one of zeros or ones, holds floats unless it is told otherwise.",
    "unused": "never used in the function. Forgotten, or does the code work with another name?",
    "random": "Two calls with the same input give different results. Is dropout still on, or a random number drawn?",
    "to_detach": "The numbers are right, but no gradient comes back: `.detach()`, `.data`, `torch.no_grad()` "
    "and `torch.tensor(...)` cut the result off from its inputs, and a model could not learn through it.",
    "to_gradient": "The numbers are right, but the gradient is not: a part of the computation is cut off "
    "from autograd.",
    "to_numpy": "A tensor goes in and a NumPy array is made of it: autograd cannot follow. Stay in torch.",
    "to_float64": "float32 goes in and float64 comes out: slower, and the next layer will refuse it. "
    "A NumPy number or `torch.tensor` of one, or `.double()`, does that.",
    "to_nodim": "torch's softmax was called without an axis. It then guesses one from the number of axes: the first "
    "for one and three axes, the second for two and four.",
}

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
    "to_detach": "The numbers are right, but no gradient comes back: `.detach()`, `.data`, `torch.no_grad()`, "
    "`torch.tensor(...)` and a new `nn.Parameter(...)` cut the result off from its inputs, and a model could not learn "
    "through it.",
    "to_gradient": "The numbers are right, but the gradient is not: a part of the computation is cut off "
    "from autograd.",
    "to_numpy": "A tensor goes in and a NumPy array is made of it: autograd cannot follow. Stay in torch.",
    "to_float64": "float32 goes in and float64 comes out: slower, and the next layer will refuse it. "
    "A NumPy number or `torch.tensor` of one, or `.double()`, does that.",
    "mo_torch": "PyTorch is not imported here, so this cannot be a module of it: the class begins with "
    "`class ...(nn.Module)`, and `from torch import nn` stands before it.",
    "mo_instance": "This is a module that is built already. The check builds modules of several sizes: hand it the "
    "class, its name without parentheses behind it.",
    "mo_notmodule": "This does not make an `nn.Module`: the class is asked for, and it is derived from `nn.Module`.",
    "mo_super": "`nn.Module` must be set up before anything is stored on `self`: is `super()` called in `__init__`, "
    "and before all else?",
    "mo_forward": "The class has no method `forward`, which is what runs when the module is called. Is it misspelt, or "
    "indented wrongly?",
    "mo_names": "The matrices have other names than the exercise says, or are not stored on `self`.",
    "mo_kind": "A matrix is neither an `nn.Parameter` nor an `nn.Linear`: one matrix for all heads together is asked "
    "for.",
    "mo_bias": "The linear layers have biases, as `nn.Linear` has unless told otherwise. Here there are four matrices "
    "and nothing else.",
    "mo_loose": "The module does not know its matrix: it is a plain tensor, or hidden in a list. An optimiser that is "
    "handed `module.parameters()` would never move it.",
    "mo_shape": "A matrix has the wrong shape. All four are square, and the heads share their columns or rows.",
    "mo_frozen": "A matrix does not learn: its `requires_grad` is off.",
    "mo_shared": "Two names hold one and the same matrix: a step of the one moves the other.",
    "mo_more": "The module has more parameters than the four matrices.",
    "mo_uneven": "`d_model=6, n_heads=4` makes a module without a complaint, though 4 does not divide 6. An error that "
    "says so is kinder than one that comes later, or none.",
    "to_nodim": "torch's softmax was called without an axis. It then guesses one from the number of axes: the first "
    "for one and three axes, the second for two and four.",
}

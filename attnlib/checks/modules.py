"""The check of a class: a module is built, known matrices are put into it, and it is judged as a function of them."""

import contextlib
import dataclasses
import functools
import inspect

import numpy as np

import attnlib.multi_head as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.calls import SECONDS, call_all, is_tensor, torch_module
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTREME, Example, normals
from attnlib.checks.general import GENERAL
from attnlib.checks.judgement import is_blank
from attnlib.checks.multi_head import multi_head_attention
from attnlib.checks.weights import mask_mistakes

NAMES = ("w_q", "w_k", "w_v", "w_o")
SIZES = ((4, 2), (6, 3))  # (d_model, n_heads) of the modules whose parts are looked at
UNEVEN = (6, 4)


class ModuleCheck(Check):
    """A check of an `nn.Module`, called with the class.

    Its bank, examples and reports are those of a function of the tokens, the four matrices, the number of heads and the
    mask. `as_function` makes one of a class; a function with just these parameters is judged as it is. What is wrong
    with the class before it is ever called stands in GENERAL, under ids that begin with `mo_`.
    """

    def __call__(self, made, *, strict=False, seconds=SECONDS):
        """Look at the parts of the module, then try it on every example and report."""
        if not callable(made) or made is Ellipsis or _parameters(made) == self.parameters:
            return super().__call__(made, strict=strict, seconds=seconds)
        torch = torch_module()  # modules draw their matrices: the learner's random numbers stay where they are
        with torch.random.fork_rng(devices=()) if torch else contextlib.nullcontext():
            return self._report(made, strict, seconds)

    def _report(self, made, strict, seconds):
        if fault := self._fault(made, strict, seconds):
            return self._simple(*fault)
        report = super().__call__(self.as_function(made), strict=strict, seconds=seconds)
        if report.passed and _takes(made, UNEVEN, seconds):
            report = dataclasses.replace(report, advice=(*report.advice, f"Remark: {GENERAL['mo_uneven']}"))
        return report

    def as_function(self, made):
        """A class, or a function that makes a module of d_model and n_heads, as a function of tokens and matrices."""

        def function(tokens, w_q, w_k, w_v, w_o, n_heads, mask=None):
            tokens, *matrices = (x if is_tensor(x) else _tensor(x) for x in (tokens, w_q, w_k, w_v, w_o))
            module = made(tokens.shape[-1], n_heads).to(tokens.dtype)
            for name, matrix in zip(NAMES, matrices, strict=True):
                _put(matrix, getattr(module, name))
            if mask is None and not _wants_mask(module):
                return module(tokens)
            mask = mask if mask is None or is_tensor(mask) else torch_module().as_tensor(mask)
            return module(tokens, mask=mask) if "mask" in _parameters(module.forward) else module(tokens, mask)

        signature = inspect.signature(function)
        if isinstance(made, type):  # its lines, and its use of arguments, are looked for in `forward`
            function.__wrapped__ = made.forward
            if not _takes_mask(made):
                signature = signature.replace(parameters=list(signature.parameters.values())[:-1])
        function.__signature__, function.__name__ = signature, getattr(made, "__name__", "MyModule")
        return function

    def spoken(self, name):
        """What stands before the parentheses where an example is tried."""
        return f"checks.{self.name}.as_function({name})"

    def _judge(self, fn, used, counting, seconds):
        if hasattr(fn, "__signature__"):  # made of a class
            return self._judged(fn, "torch", used, counting, seconds)
        return super()._judge(fn, used, counting, seconds)

    def _fault(self, made, strict, seconds):
        """The id of what is wrong with a class, and words about it, before it is tried; None if nothing is."""
        torch = torch_module()
        if is_blank(made):
            return ("not_implemented",)
        if torch is None:
            return ("mo_torch",)
        if isinstance(made, torch.nn.Module):
            return ("mo_instance",)
        if isinstance(made, type):
            if not issubclass(made, torch.nn.Module):
                return ("mo_notmodule",)
            missing = made.forward is torch.nn.Module.forward
            if is_blank(made.forward) or (missing and "__init__" not in vars(made)):
                return ("not_implemented",)
            if missing:
                return ("mo_forward",)
            if not _takes_mask(made) and _needs_more(made):
                asked = (
                    "asked is forward(self, tokens, mask=None): queries, keys and values are all made of the tokens."
                )
                return ("wrong_arguments", f"Yours is forward{inspect.signature(made.forward)}, {asked}")
            if strict and not _takes_mask(made):
                asked = "asked is forward(self, tokens, mask=None)."
                return ("wrong_arguments", f"Yours is forward{inspect.signature(made.forward)}, {asked}")
        try:
            inspect.signature(made).bind(*SIZES[0])
        except TypeError:
            return ("wrong_arguments", f"Yours takes {inspect.signature(made)}, asked is (d_model, n_heads).")
        except ValueError:
            pass
        run = call_all(functools.partial(_part_at_fault, made), [(sizes, {}) for sizes in SIZES], seconds)
        for outcome in run.outcomes:
            if "Module.__init__" in str(outcome.error) and "before" in str(outcome.error):
                return ("mo_super",)
            if outcome.done and outcome.error is None and outcome.value:
                return outcome.value
        return ("mo_uneven",) if strict and _takes(made, UNEVEN, seconds) else None


def _parameters(fn):
    """The names of the parameters of a function; none where it does not tell."""
    try:
        return list(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        return []


def _takes_mask(made):
    """Whether `forward` of a class takes two arguments."""
    try:
        inspect.signature(made.forward).bind("self", "tokens", "mask")
    except TypeError:
        return False
    return True


def _needs_more(made):
    """Whether `forward` of a class cannot be called with the tokens alone."""
    try:
        inspect.signature(made.forward).bind("self", "tokens")
    except TypeError:
        return True
    except ValueError:
        pass
    return False


def _takes(made, sizes, seconds):
    """Whether a module of these sizes is built without an exception."""
    (outcome,) = call_all(lambda *sizes: made(*sizes) is None, [(sizes, {})], seconds).outcomes
    return outcome.done and outcome.error is None


def _wants_mask(module):
    """Whether `forward` must be handed a mask, even where there is none."""
    parameters = list(inspect.signature(module.forward).parameters.values())
    return len(parameters) > 1 and parameters[1].default is parameters[1].empty


def _tensor(x):
    return torch_module().as_tensor(x.astype(np.float32))


def _matrix(part):
    """The matrix of a part of the module, and whether it is that of a linear layer, which lies the other way."""
    is_layer = isinstance(part, torch_module().nn.Linear)
    return (part.weight if is_layer else part), is_layer


def _put(values, part):
    """Write values into a parameter, and hand the gradient that it gets over to them."""
    torch, (parameter, is_layer) = torch_module(), _matrix(part)
    with torch.no_grad():
        parameter.copy_(values.T if is_layer else values)
    if values.requires_grad and parameter.requires_grad:
        parameter.register_hook(lambda slopes: setattr(values, "grad", slopes.T if is_layer else slopes))


def _part_at_fault(made, d_model, n_heads):
    """The id of a fault and words about it, for a module of this size; None if it has the four matrices."""
    nn, module, built = torch_module().nn, made(d_model, n_heads), f"With d_model={d_model} and n_heads={n_heads}"
    if module is None or module is Ellipsis:
        return ("not_implemented",)
    if not isinstance(module, nn.Module):
        return ("mo_notmodule", f"A {type(module).__name__} came.")
    if "_parameters" not in vars(module):
        return ("mo_super",)
    if missing := [name for name in NAMES if not hasattr(module, name)]:
        own = [*module._parameters, *module._modules, *(k for k in vars(module) if k[0] != "_" and k != "training")]
        return ("mo_names", f"There is no {' and no '.join(missing)}; there is {', '.join(own) or 'nothing'}.")
    matrices = {}
    for name in NAMES:
        part = getattr(module, name)
        if not isinstance(part, (nn.Linear, torch_module().Tensor)):
            return ("mo_kind", f"`{name}` is of the type {type(part).__name__}.")
        if getattr(part, "bias", None) is not None:
            return ("mo_bias",)
        matrices[name], _ = _matrix(part)
    known = list(module.parameters())
    loose = [name for name, matrix in matrices.items() if not any(matrix is one for one in known)]
    if loose:
        return ("mo_loose", f"That is so for {', '.join(loose)}.")
    for name, matrix in matrices.items():
        if tuple(matrix.shape) != (d_model, d_model):
            came = f"`{name}` has the shape {tuple(matrix.shape)}, asked is {(d_model, d_model)}"
            return ("mo_shape", f"{built} {came}.")
        if not matrix.requires_grad:
            return ("mo_frozen", f"That is so for {name}.")
    places = [matrix.data_ptr() for matrix in matrices.values()]
    twins = [name for name, place in zip(NAMES, places, strict=True) if places.count(place) > 1]
    if twins:
        return ("mo_shared", f"That is so for {' and '.join(twins)}.")
    if len(known) > len(NAMES):
        more = [name for name, one in module.named_parameters() if not any(one is m for m in matrices.values())]
        return ("mo_more", f"It also has {', '.join(more)}.")
    return None


def _of_matrices(tokens, *rest):
    return right.multi_head_attention(tokens, tokens, *rest)


_W, _W6, _W12 = (normals(*[(d, d)] * 4) for d in (4, 6, 12))
_TOKENS = normals((2, 4, 4))[0]
# each token may attend to itself and not to the one before, so that no row is empty and none is full, transposed too
_ITSELF, _BEFORE = np.eye(4, dtype=bool), np.roll(np.eye(4, dtype=bool), -1, axis=1)
_PAIRS = (normals((4, 4))[0] > 0) & ~_BEFORE | _ITSELF
_EACH = (normals((3, 4, 4))[0] > 0) & ~_BEFORE | _ITSELF

multi_head_module = ModuleCheck(
    reference=_of_matrices,
    answer=Answer(
        multi_head_attention.answer.code.replace(
            "multi_head_attention(x, context, ", "multi_head_module(tokens, "
        ).replace("    asked = context\n", "    x = context = tokens\n    asked = context\n")
    ),
    returns=multi_head_attention.returns,
    exercise="layers.MultiHeadAttention",
    not_checked="speed and memory, rows with nothing allowed, and the numbers that the matrices begin with",
    about=(12, "From a blank page"),
    examples=[
        Example("three tokens, two heads", (*normals((1, 3, 4)), *_W, 2)),
        Example("one head", (*normals((2, 3, 4)), *_W, 1)),
        Example("all sizes different", (0.5 * normals((2, 5, 12))[0], *_W12, 3)),
        Example("as many sequences, tokens and heads", (*normals((3, 3, 6)), *_W6, 3)),
        Example("a mask for all sequences", (_TOKENS, *_W, 2, _PAIRS)),
        Example("a mask for each sequence, as many as heads", (_TOKENS, *_W, 2, _EACH[:2])),
        Example("masks for three sequences", (*normals((3, 4, 4)), *_W, 2, _EACH)),
        Example("huge scores", (1000 * _TOKENS, *_W, 2), kind=EXTREME),
    ],
    mistakes=[
        *(m for m in multi_head_attention.bank.mistakes if m.id not in ("mh_self", "mh_values_x", "mh_roles")),
        *(m for m in mask_mistakes("scaled", "allowed") if m.id == "mk_T"),
        Mistake(
            "mm_heads",
            "the number of heads is written in: the module does not use the one that it is given.",
            12,
            {"cut": "lambda x, n: split_heads(x, 2)"},
        ),
    ],
)

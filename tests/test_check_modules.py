"""The check of a class: what is wrong with a module before it is called, and what in its forward."""

import re
import subprocess
import sys

import numpy as np
import pytest

import attnlib
from attnlib import checks
from attnlib.checks.general import GENERAL

torch = pytest.importorskip("torch")
nn = torch.nn
check = checks.multi_head_module


class Right(nn.Module):
    """A right module, some of whose methods the wrong ones change."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"width {d_model} is not a multiple of {n_heads} heads")
        self.n_heads, self.d_head = n_heads, d_model // n_heads
        self.make(d_model)

    def make(self, d_model):
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Parameter(torch.randn(d_model, d_model)) for _ in range(4))

    def split(self, x):
        return x.view(*x.shape[:2], self.n_heads, self.d_head).transpose(1, 2)

    def merge(self, x):
        return x.transpose(1, 2).flatten(2)

    def scale(self, scores):
        return scores / self.d_head**0.5

    def masked(self, scores, mask):
        if mask is None:
            return scores
        return scores.masked_fill(~(mask if mask.ndim == 2 else mask[:, None]), -torch.inf)

    def softmax(self, scores):
        return scores.softmax(-1)

    def answer(self, outputs, weights):
        return outputs, weights

    def project(self, x, w):
        return w(x) if isinstance(w, nn.Linear) else x @ w

    def forward(self, tokens, mask=None):
        q, k, v = (self.split(self.project(tokens, w)) for w in (self.w_q, self.w_k, self.w_v))
        weights = self.softmax(self.masked(self.scale(q @ k.transpose(-2, -1)), mask))
        return self.answer(self.project(self.merge(weights @ v), self.w_o), weights)


def but(**methods):
    """The right class with other methods."""
    return type("MultiHead", (Right,), methods)


def linears(self, d_model, **options):
    self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, **options) for _ in range(4))


def made(change):
    """A `make` that changes the module after it was made."""

    def make(self, d_model):
        Right.make(self, d_model)
        change(self)

    return make


class TooLate(Right):
    def __init__(self, d_model, n_heads):
        self.w_q = nn.Parameter(torch.randn(d_model, d_model))
        super().__init__(d_model, n_heads)


class Never(nn.Module):
    def __init__(self, d_model, n_heads):
        self.n_heads = n_heads
        self.w_q = self.w_k = self.w_v = self.w_o = torch.randn(d_model, d_model)

    def forward(self, tokens, mask=None):
        return tokens, mask


class Blank(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        ...

    def forward(self, tokens, mask=None): ...


class Empty(nn.Module): ...


class Misspelt(Blank):
    forward = nn.Module.forward

    def __init__(self, d_model, n_heads):
        super().__init__(d_model, n_heads)
        Right.make(self, d_model)

    def foward(self, tokens, mask=None):
        return tokens, mask


class NoModule:
    def __init__(self, d_model, n_heads):
        self.w_q = np.ones((d_model, d_model))


def test_the_right_class_passes_in_both_ways_of_keeping_matrices():
    for right in (Right, but(make=lambda self, d: linears(self, d, bias=False))):
        report = check(right, strict=True)
        assert report.passed, report
        assert report.advice == ()
        assert report.points.earned == report.points.possible == len(check.examples) + 1


FAULTS = {
    "an instance": (Right(4, 2), "mo_instance", "hand it the class"),
    "no module": (NoModule, "mo_notmodule", "derived from `nn.Module`"),
    "a function that makes no module": (lambda d_model, n_heads: 3 * d_model, "mo_notmodule", "A int came."),
    "super comes too late": (TooLate, "mo_super", "super()"),
    "super is never called": (Never, "mo_super", "super()"),
    "forward is misspelt": (Misspelt, "mo_forward", "Is it misspelt"),
    "other names": (
        but(make=lambda self, d: setattr(self, "query", nn.Linear(d, d, bias=False))),
        "mo_names",
        "There is no w_q and no w_k and no w_v and no w_o; there is query, n_heads, d_head.",
    ),
    "one matrix missing": (but(make=made(lambda self: delattr(self, "w_o"))), "mo_names", "There is no w_o; there is"),
    "a list of matrices": (
        but(make=made(lambda self: [delattr(self, "w_q"), setattr(self, "w_q", [torch.ones(4, 2)] * 2)])),
        "mo_kind",
        "`w_q` is of the type list.",
    ),
    "biases": (but(make=linears), "mo_bias", "biases"),
    "tensors": (
        but(make=lambda self, d: self.__dict__.update({w: torch.randn(d, d) for w in ("w_q", "w_k", "w_v", "w_o")})),
        "mo_loose",
        "That is so for w_q, w_k, w_v, w_o.",
    ),
    "tensors that want gradients": (
        but(make=made(lambda self: [delattr(self, "w_v"), setattr(self, "w_v", torch.ones(4, 4, requires_grad=True))])),
        "mo_loose",
        "That is so for w_v.",
    ),
    "the width of one head": (
        but(make=made(lambda self: setattr(self, "w_q", nn.Parameter(torch.ones(len(self.w_q), self.d_head))))),
        "mo_shape",
        "With d_model=4 and n_heads=2 `w_q` has the shape (4, 2), asked is (4, 4).",
    ),
    "sizes in another order": (lambda d_model, n_heads: Right(n_heads, 1), "mo_shape", "has the shape (2, 2)"),
    "a width that is written in": (
        but(make=lambda self, d: Right.make(self, 4)),
        "mo_shape",
        "With d_model=6 and n_heads=3 `w_q` has the shape (4, 4), asked is (6, 6).",
    ),
    "frozen": (but(make=made(lambda self: self.w_k.requires_grad_(False))), "mo_frozen", "That is so for w_k."),
    "one matrix under two names": (
        but(make=made(lambda self: setattr(self, "w_k", self.w_q))),
        "mo_shared",
        "That is so for w_q and w_k.",
    ),
    "two parameters of the same numbers": (
        but(make=made(lambda self: setattr(self, "w_v", nn.Parameter(self.w_k.data)))),
        "mo_shared",
        "That is so for w_k and w_v.",
    ),
    "more parameters": (
        but(make=made(lambda self: setattr(self, "norm", nn.LayerNorm(4)))),
        "mo_more",
        "It also has norm.weight, norm.bias.",
    ),
    "a blank": (Blank, "not_implemented", "put your code in the place of the dots"),
    "an empty class": (Empty, "not_implemented", "put your code in the place of the dots"),
    "other arguments": (lambda d_model, n_heads, dropout: Right(d_model, n_heads), "wrong_arguments", "n_heads, drop"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_class_before_it_is_called_is_named(fault):
    wrong, cause, words = FAULTS[fault]
    report = check(wrong)
    assert (report.passed, report.cause) == (False, cause), report
    assert words in report.message
    assert report.points.earned == 0


def test_every_fault_of_a_class_is_tried_here():
    tried = {cause for _, cause, _ in FAULTS.values()} | {"mo_torch", "mo_uneven"}
    assert {cause for cause in GENERAL if cause.startswith("mo_")} <= tried


def views(self, x):
    return x.view(x.shape[0], self.n_heads, -1, self.d_head)


def interleaved(self, x):
    return x.view(*x.shape[:2], self.d_head, self.n_heads).permute(0, 3, 1, 2)


def merged_as_it_lies(self, x):
    return x.reshape(x.shape[0], x.shape[2], -1)


def added(self, scores, mask):
    return scores if mask is None else scores + (mask if mask.ndim == 2 else mask[:, None])


def without_head_axis(self, scores, mask):
    return scores if mask is None else scores.masked_fill(~mask, -torch.inf)


def multiplied_after(self, tokens, mask=None):
    outputs, weights = Right.forward(self, tokens)
    if mask is not None:
        weights = weights * (mask if mask.ndim == 2 else mask[:, None])
        values = self.split(tokens @ self.w_v)
        outputs = self.merge(weights @ values) @ self.w_o
    return outputs, weights


def forward_without_gradient(self, tokens, mask=None):
    with torch.no_grad():
        return Right.forward(self, tokens, mask)


def with_a_fresh_matrix(self, tokens, mask=None):
    return Right.forward(self, tokens @ torch.randn(tokens.shape[-1], tokens.shape[-1]), mask)


WRONG = {
    "mh_split": but(split=views),
    "mh_merge": but(merge=merged_as_it_lies),
    "mh_split_merge": but(split=views, merge=merged_as_it_lies),
    "mh_interleave": but(split=interleaved),
    "mh_noscale": but(scale=lambda self, scores: scores),
    "mh_scaleD": but(scale=lambda self, scores: scores / len(self.w_q) ** 0.5),
    "mh_scale_d": but(scale=lambda self, scores: scores / self.d_head),
    "mh_qsoftmax": but(softmax=lambda self, scores: scores.softmax(-2)),
    "mh_headsoftmax": but(softmax=lambda self, scores: torch.softmax(scores, dim=1)),
    "mk_inv": but(masked=lambda self, scores, mask: Right.masked(self, scores, None if mask is None else ~mask)),
    "mk_none": but(masked=lambda self, scores, mask: scores),
    "mk_addbool": but(masked=added),
    "mk_after": but(forward=multiplied_after),
    "mh_maskhead": but(masked=without_head_axis),
    "mh_noproj": but(project=lambda self, x, w: x if w is self.w_o else x @ w),
    "mh_mean": but(merge=lambda self, x: x.mean(1).repeat(1, 1, self.n_heads)),
    "mh_sum": but(merge=lambda self, x: x.sum(1).repeat(1, 1, self.n_heads)),
    "mh_WT": but(project=lambda self, x, w: nn.functional.linear(x, w)),
    "mh_meanweights": but(answer=lambda self, outputs, weights: (outputs, weights.mean(1))),
    "mh_only_out": but(answer=lambda self, outputs, weights: outputs),
    "mh_swapped": but(answer=lambda self, outputs, weights: (weights, outputs)),
    "mh_qk_same": but(forward=lambda self, tokens, mask=None: same_matrix(self, tokens, mask)),
    "random": but(softmax=lambda self, scores: nn.functional.dropout(scores.softmax(-1), 0.5)),
    "to_detach": but(answer=lambda self, outputs, weights: (outputs.detach(), weights.detach())),
    "to_gradient": but(merge=lambda self, x: Right.merge(self, x.detach())),
    "to_float64": but(answer=lambda self, outputs, weights: (outputs.double(), weights)),
}


def same_matrix(module, tokens, mask):
    matrices = (module.w_q, module.w_q, module.w_v, module.w_o)
    return attnlib.multi_head_attention(tokens, tokens, *matrices, module.n_heads, mask)


@pytest.mark.parametrize("cause", WRONG)
def test_what_is_wrong_in_forward_is_named(cause):
    report = check(WRONG[cause])
    assert not report.passed
    assert report.cause == cause, report


def test_a_forward_without_gradients_is_found():
    report = check(but(forward=forward_without_gradient))
    assert report.cause == "to_detach"
    assert "the numbers are right on all 8 examples, but" in report.message


def test_a_matrix_that_is_drawn_in_forward_is_chance():
    assert check(but(forward=with_a_fresh_matrix)).cause == "random"


def test_heads_that_do_not_divide_the_width_are_a_remark_and_a_failure_where_it_is_strict():
    silent = but(__init__=lambda self, d_model, n_heads: silently(self, d_model, n_heads))
    report = check(silent)
    assert report.passed
    assert "Remark: `d_model=6, n_heads=4` makes a module without a complaint" in report.message
    assert check(silent, strict=True).cause == "mo_uneven"


def silently(module, d_model, n_heads):
    nn.Module.__init__(module)
    module.n_heads, module.d_head = n_heads, d_model // n_heads
    module.make(d_model)


def test_a_forward_without_a_mask_is_checked_without_and_the_report_says_so():
    maskless = but(forward=lambda self, tokens: Right.forward(self, tokens))
    report = check(maskless)
    assert report.passed
    assert "Not checked here: the argument mask" in report.message
    report = check(maskless, strict=True)
    assert report.cause == "wrong_arguments"
    assert "Yours is forward(self, tokens), asked is forward(self, tokens, mask=None)." in report.message


def test_the_matrices_of_the_examples_are_put_in_and_the_tokens_own_gradient_counts():
    report = check(but(project=lambda self, x, w: x.detach() @ w if w is self.w_q else x @ w))
    assert report.cause in ("to_detach", "to_gradient")
    report = check(but(project=lambda self, x, w: x @ (w.detach() if w is self.w_k else w)))
    assert report.cause == "to_detach"
    assert "No gradient reaches `w_k`." in report.message


def test_the_random_numbers_go_on_as_if_nothing_had_been_checked():
    before = torch.get_rng_state()
    for made in (Right, FAULTS["biases"][0], WRONG["random"]):
        check(made)
    assert torch.equal(torch.get_rng_state(), before)


def test_double_precision_as_the_default_changes_nothing():
    torch.set_default_dtype(torch.float64)
    try:
        assert check(Right).passed
    finally:
        torch.set_default_dtype(torch.float32)


def test_an_exception_in_the_class_is_shown_with_its_line():
    def project(self, x, w):
        return x @ w @ self.missing  # the line

    report = check(but(project=project))
    assert "your line   return x @ w @ self.missing  # the line" in report.message
    assert "has no attribute 'missing'" in report.message

    def make(self, d_model):
        raise RuntimeError("while it is made")

    assert "raised      RuntimeError: while it is made" in check(but(make=make)).message


def test_an_example_can_be_tried_as_the_report_says():
    report = check(WRONG["mh_noscale"])
    call = re.search(r"To try it: (.*)", report.message)[1]
    assert call == (
        "checks.multi_head_module.as_function(MultiHead)(*checks.multi_head_module.example(1, like=torch.empty(0)))"
    )
    outputs, weights = eval(call, {"checks": checks, "torch": torch, "MultiHead": Right})
    assert outputs.shape == (1, 3, 4)
    assert weights.shape == (1, 2, 3, 3)
    outputs, _ = check.as_function(Right)(*check.example(1))
    assert outputs.shape == (1, 3, 4)


def test_without_torch_the_report_says_what_is_missing():
    code = (
        "from attnlib import checks\n"
        "class Module:\n"
        "    def __init__(self, d_model, n_heads): self.w_q = d_model\n"
        "    def forward(self, tokens): return tokens\n"
        "report = checks.multi_head_module(Module)\n"
        "assert report.cause == 'mo_torch' and 'PyTorch is not imported' in report.message, report\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

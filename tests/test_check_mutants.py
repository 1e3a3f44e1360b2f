"""Mutation testing of the checks: a right function with one place changed must fail its check, or a reason is given.

The right functions are the right answer of every check and attnlib's own functions that have a check, these together
with the helpers that do a part of their work. Changed are: operators (arithmetic, comparisons, `is`, and/or; a minus or
a `not` left out; operands in the other order), numbers (one more, one or two less, the other sign), True and False,
names (of variables, and of functions such as min and max), the arguments of a call and the elements of a tuple (two in
each other's place; a keyword left out; a None left out or moved), conditions (negated, or one branch for both), and
whole statements (left out). Docstrings are dropped. What only refuses arguments stays as it is: calls of `require_*`
and `namespace_of`, `raise`, and the `if` and the loops around them. Everything runs with NumPy.

The check of a class is tried with the mutants of a class in PyTorch too.

A mutant that passes its check stands in SURVIVORS, with the reason. There ~ stands for anything: every mutant that it
fits must survive.
"""

import ast
import inspect
import itertools
import re
import sys
from functools import partial

import pytest

from attnlib import checks, masks, multi_head, scores, single_head, weights
from attnlib.checks.bank import Bank

KINDS = (
    (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult),
    (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    ("min", "max", "sum", "mean"),
    ("exp", "log", "tanh"),
    ("zeros", "ones"),
    ("any", "all"),
    ("w_q", "w_k", "w_v", "w_o"),
)

# attnlib's functions that have a check; before each stand the helpers that do a part of its work
REFERENCES = {
    "softmax": (weights.softmax,),
    "masked_softmax": (weights.softmax, weights.forbid, weights.masked_softmax),
    "softmax_jacobian": (weights.softmax_jacobian,),
    "dot_scores": (scores.dot_scores,),
    "scaled_dot_scores": (scores.dot_scores, scores.scaled_dot_scores),
    "general_scores": (scores.general_scores,),
    "additive_scores": (scores.additive_scores,),
    "attention": (scores.scaled_dot_scores, single_head.attention),
    "padding_mask": (masks.padding_mask,),
    "causal_mask": (masks._positions, masks.causal_mask),
    "split_heads": (multi_head.split_heads,),
    "merge_heads": (multi_head.merge_heads,),
    "multi_head_attention": (multi_head.with_head_axis, multi_head.multi_head_attention),
}

MODULE = """
class multi_head_module(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.w_q = nn.Parameter(torch.randn(d_model, d_model))
        self.w_k = nn.Linear(d_model, d_model, bias=False)
        self.w_v = nn.Parameter(torch.randn(d_model, d_model))
        self.w_o = nn.Linear(d_model, d_model, bias=False)

    def forward(self, tokens, mask=None):
        batch, n_tokens, d_model = tokens.shape
        sizes = (batch, n_tokens, self.n_heads, self.d_head)
        queries = (tokens @ self.w_q).view(sizes).transpose(1, 2)
        keys = self.w_k(tokens).view(sizes).transpose(1, 2)
        values = (tokens @ self.w_v).view(sizes).transpose(1, 2)
        scores = queries @ keys.transpose(-2, -1) / self.d_head ** 0.5
        if mask is not None:
            if mask.ndim == 3:
                mask = mask[:, None]
            scores = scores.masked_fill(~mask, -torch.inf)
        weights = torch.softmax(scores, dim=-1)
        heads = (weights @ values).transpose(1, 2)
        merged = heads.reshape(batch, n_tokens, d_model)
        return self.w_o(merged), weights
"""

# what is mutated: the source, and the names that it uses
CASES = {f"answer {name}": (check.answer.code, check.answer.helpers) for name, check in checks.ALL.items()} | {
    f"attnlib {name}": (
        "\n".join(map(inspect.getsource, functions)),
        {key: value for function in functions for key, value in function.__globals__.items()},
    )
    for name, functions in REFERENCES.items()
}

CLASSES = ("class multi_head_module",)

ALIAS = "the two names stand for the same thing"
ONE_LONG = "an axis of length 1 has the same first and last entry"
ORDER = "two axes change places in either order"
EVEN = "half of an even number is a whole one"
TOO_CLOSE = "such a base changes no number by more than single precision does"
OF_FOUR = "of four axes, -2 is 2"
OF_TWO = "of two axes, or of two numbers, -1 is 1 and -2 is 0"
EITHER = "equal in one direction is equal in the other"
AS_MANY = "there are as many outputs as targets"
TRUTH = "of truth values, a // b is a and b: where b is False, NumPy gives 0"
ELLIPSIS = "`..., :` and `:, ...` stand for the same axes"
BROADCAST = "(key,) broadcasts as (1, key) does"
PRODUCT = "only the product of the two is used"
LARGER = "the larger of two numbers is the same in either order"
SHIFT = "the same number added to all allowed scores leaves the weights as they are"
WIDTH = "queries and keys have the same width"
ONE_BATCH = "shows only with two batch axes or none; the right answer, too, takes exactly one"
ONE_ROW = "shows only for several rows of weights at once, which the report names as not checked"
TORCH = "never runs: NumPy has no softmax of its own"
NUMPY = "the lengths are a NumPy array, so NumPy is the library in any case, and it has one device"
LIST = "shows only for lengths in a list; the check passes an array"
WHOLE = "the lengths are int64 already"
FINITE = "exp(-inf - peak) is 0 for any peak that is finite"
DEVICE = "NumPy has one device"
COPY = "one copy more or less"
DOUBLE = "float32 goes in and float64 comes out, which is a remark"
EMPTY = "shows only in a row with nothing allowed, which is a remark"
FLAT = "shows only for a mask without batch axis, which is a remark"
INSERTED = "a mask without batch axis may get the axis of the heads, too: it broadcasts"
STACKED = ("tokens", "read", "keys", "values", "w_q", "w_k", "w_v")
THREE_AXES = ("x", "context", "asked", "queries", "keys", "values", "scores", "scaled")

SOFTMAX = [
    *((line, TORCH, "~") for line in ("weights = ~", "if not xp.any~", "return weights")),
    ("if hasattr~", TORCH, "pass"),
    ("peak = xp.where~", EMPTY, "pass", "~(0.0, peak == -inf, peak)", "~ < ~", "~ == inf~"),
    ("peak = xp.where~", "no score is less than -inf", "~ <= ~"),
    ("peak = xp.where~", FINITE, "~(scores == ~", "~ 1.0, peak)", "~ -1.0, peak)", "~ -2.0, peak)", "~ -0.0, peak)"),
    ("return exponentials~", EMPTY, "~ < ~", "~(total == ~1, 1.0~", "~ == -2, ~", "~, 0.0, total)"),
    ("return exponentials~", "0 / 1 is 0 / total", "~(exponentials == ~"),
    ("return exponentials~", "a sum of exponentials is not negative", "~ <= ~"),
    ("return exponentials~", "0 / 2 and 0 / -1 are 0 / 1", "~, 2.0, total)", "~, -1.0, total)"),
]

# case -> rows of the line, why the check passes what stands there now, and what that is
SURVIVORS = {
    "answer rnn_states": [
        ("given = ~", ORDER, "~(inputs, 0, -2)"),
        (
            "start = ~",
            "zeros without the axis of the batch broadcast",
            "~w_input.shape~",
            "~w_state.shape~",
            "~[:-3]~",
            "~[:-4]~",
        ),
    ],
    "answer exact_match": [
        ("pairs = ~", EITHER, "~(targets, outputs))"),
        ("right = ~", EITHER, "~equal(b, a)~", "~for b, a in~"),
        ("share = ~", AS_MANY, "~len(outputs)", "~len(targets)", "~len(pairs)"),
    ],
    "answer factor_per_step": [("slope = ~", OF_TWO, "~[-2]")],
    "answer alignment_error_rate": [
        ("~", OF_TWO, "rows = ~-1)", "best = ~-1)", "~shape[-1]~", "sure = ~axis=-1~"),
        ("~", ALIAS, "sure = possible ~", "sure = ~possible.sum~", "right = ~ + (links * gold)~"),
        ("~", TRUTH, "links = ~//~", "sure = ~//~", "~links // sure~", "~links // possible~"),
        ("chosen = ~", "the two tables have one shape", "~gold.shape~"),
        ("sure = ~", "a target without a gold link has no sure one", "~<= 1)"),
        ("right = ~", "only targets with gold links have right ones", "~chosen * sure~", "~chosen * possible~"),
        ("all_links = ~", "each target with a gold link has one link", "all_links = rows~"),
    ],
    "answer mass_on_gold": [("~", OF_TWO, "rows = ~-1)", "on_gold = ~-1)")],
    "answer softmax": [
        ("numbers = ~", SHIFT, "~ + 1.0", "~ - 1.0"),
        ("numbers = ~", "the same numbers as floating-point numbers", "~ / 1.0", "~ ** 1.0"),
        ("~", ALIAS, "peak = scores.~", "~scores - peak~", "~axis=axis~"),
    ],
    "answer temperature_for_spread": [
        ("measure = ~", "the sum of a dot product is the dot product", "~w @ np.log~"),
        ("measure = ~", LARGER, "~(1e-300, w)~"),
        ("found = ~", "no temperature that is tried has exactly the wanted spread", "~ <= ~"),
        ("found = ~", "all temperatures asked for are far below this end", "~ 10001.0)", "~ 9999.0)", "~ 9998.0)"),
        ("~", ALIAS, "~ < spread, ~", "return found"),
    ],
    "answer dot_scores": [
        ("~", ALIAS, "~ queries @ ~", "~(keys, ~", "return scores"),
        ("scores = ~", ORDER, "~-2, -1)"),
    ],
    "answer general_scores": [
        ("~", ALIAS, "turned = queries @ w", "~(keys, ~", "return scores"),
        ("scores = ~", ORDER, "~-2, -1)"),
    ],
    "answer additive_scores": [
        ("~", ALIAS, "b = keys @ w_key", "return scores"),
        ("inside = ~", ELLIPSIS, "~a[:, ..., None, :]~"),
    ],
    "answer weighted_sum": [("~", ALIAS, "parts = weights[~", "~ * values[~", "return mixed")],
    "answer attention": [("scores = ~", ORDER, "~-2, -1)"), ("scaled = ~", WIDTH, "~keys.shape[-1]~")],
    "answer luong_step": [
        ("~", ALIAS, "scores = (encoder_states @ ~", "~(weights[~", "~ @ encoder_states)~", "~(attentional, shares)"),
        ("~", ONE_LONG, "~[..., None])[..., -1]", "~)[..., -1, :]"),
    ],
    "answer decoder_inputs": [
        ("~", ALIAS, "first = ~len(targets)~", "others = targets~", "return inputs"),
        ("inputs = ~", "of two axes, -1 is 1", "~axis=-1)"),
    ],
    "answer greedy_decode": [
        ("~", ALIAS, "~ = (start, begin)", "~ = (first, state)", "~ < longest:", "return written"),
        ("pair = ~", ALIAS, "~(symbol, held)", "~(fed, current)"),
        ("~", "of two, -2 is the first and -1 the last", "scores = pair[-2]", "current = pair[-1]"),
        ("while ~", "the list grows by one symbol at a time, from none", "~ != ~"),
    ],
    "answer padding_mask": [("return answer", ALIAS, "return mask")],
    "answer causal_mask": [("keys = ~", BROADCAST, "~[:,]"), ("return answer", ALIAS, "return mask")],
    "answer self_attention": [
        ("scores = ~", ORDER, "~-2, -1)"),
        ("scaled = ~", WIDTH, "~keys.shape~", "~w_q.shape~", "~w_k.shape~"),
    ],
    "answer stacked_self_attention": [
        ("~", ALIAS, "for triple in layers:", "found.append(weights)", "answer = (added, maps)", "~(outputs, found)"),
        ("scores = ~", ORDER, "~-2, -1)"),
        ("scaled = ~", "everything has the width d_model", *(f"~ {x}.shape~" for x in STACKED)),
    ],
    "answer sinusoidal_positions": [
        ("pairs = ~", EVEN, "~d_model / 2)"),
        ("base = ~", TOO_CLOSE, "~ 10001.0", "~ 9999.0", "~ 9998.0"),
    ],
    "answer rotary": [
        ("~", ALIAS, "~queries_or_keys.shape~", "~queries_or_keys[~"),
        ("pairs = ~", EVEN, "~] / 2)"),
        ("base = ~", TOO_CLOSE, "~ 10001.0", "~ 9999.0"),
    ],
    "answer equivariance_gap": [("difference = ~", EITHER, "~expected - given")],
    "answer scaled_dot_scores": [
        ("~", ALIAS, "~ queries @ ~", "~(keys, ~", "return scaled"),
        ("scores = ~", ORDER, "~-2, -1)"),
        ("root = ~", WIDTH, "~keys.shape~", "~met.shape~"),
        ("root = ~", ALIAS, "~asked.shape~"),
    ],
    "answer softmax_backward": [("~", ALIAS, "~weights * gradient", "~weights * centred", "return slopes")],
    "answer cosine_scores": [
        ("~", ALIAS, "~(directions, ~", "return divided"),
        ("scores = ~", ORDER, "~-2, -1)"),
    ],
    "answer split_heads": [("heads = ~", OF_FOUR, "~(0, -2, 1, 3)"), ("return answer", ALIAS, "return heads")],
    "answer merge_heads": [
        ("b, h, t, d = ~", PRODUCT, "b, d, t, h = ~"),
        ("moved = ~", OF_FOUR, "~(0, -2, 1, 3)"),
        ("return answer", ALIAS, "return merged"),
    ],
    "answer multi_head_attention": [
        ("~", ALIAS, "~(context @ w_k, n_heads)", "~(context @ w_v, n_heads)"),
        ("scores = ~", ORDER, "~-2, -1)"),
        ("scores = ~", OF_FOUR, "~-1, 2)"),
        ("scaled = ~", WIDTH, "~keys.shape[-1]~"),
        ("scaled = ~", "shows only where keys and values differ in width, which is a remark", "~values.shape[-1]~"),
        ("allowed = ~", FLAT, "~ if mask is None or mask.ndim < 3 else mask[:, None]", "~ is None else mask[:, None]"),
        ("allowed = ~", FLAT, "~ > 3 ~", "~ < 2 ~", "~ < 1 ~", "~ < -3 ~", *(f"~ {x}.ndim ~" for x in THREE_AXES)),
        ("allowed = ~", "a mask has two or three axes", "~ != 3 ~"),
        ("masked = ~", "allowed is None where mask is None", "~ if allowed is None ~"),
    ],
    "answer head_contributions": [
        ("~", ALIAS, "~heads.shape~", "blocks = w_o~", "~outputs @ blocks", "return added"),
        ("blocks = ~", "any negative size means what is left", "~, -2)", "~, -3)"),
    ],
    "answer multi_head_module": [
        ("asked = ~", ALIAS, "asked = tokens", "asked = x"),
        ("queries = ~", ALIAS, *(f"~({x} @ w_q, n_heads)" for x in ("tokens", "context", "asked"))),
        ("keys = ~", ALIAS, *(f"~({x} @ w_k, n_heads)" for x in ("tokens", "context", "x"))),
        ("values = ~", ALIAS, *(f"~({x} @ w_v, n_heads)" for x in ("tokens", "context", "x"))),
        ("scores = ~", ORDER, "~-2, -1)"),
        ("scores = ~", OF_FOUR, "~-1, 2)"),
        ("scaled = ~", WIDTH, "~keys.shape[-1]~", "~values.shape[-1]~"),
        ("allowed = ~", "a mask has two or three axes", "~ != 3 ~"),
        ("masked = ~", "allowed is None where mask is None", "~ if allowed is None ~"),
    ],
    "class multi_head_module": [
        *((line, ORDER, "~.transpose(2, 1)") for line in ("queries = ~", "keys = ~", "values = ~", "heads = ~")),
        *((line, OF_FOUR, "~.transpose(1, -2)") for line in ("queries = ~", "keys = ~", "values = ~", "heads = ~")),
        ("scores = ~", ORDER, "~.transpose(-1, -2)~"),
        ("scores = ~", OF_FOUR, "~.transpose(2, -1)~"),
        ("if mask.ndim ~", "a mask has two or three axes", "~ >= 3:"),
    ],
    "attnlib softmax": SOFTMAX,
    "attnlib masked_softmax": [
        *SOFTMAX,
        ("zero = ~", DOUBLE, "~((), device~", "~mask.dtype~"),
        ("zero = ~", DEVICE, "~dtype)", "~mask.device~"),
        ("~", SHIFT, "zero = xp.ones~", "return ~(mask, mask, -inf)"),
    ],
    "attnlib softmax_jacobian": [
        ("own = ~", DOUBLE, "~[-1], device~"),
        ("own = ~", DEVICE, "~dtype)"),
        ("own = ~", ONE_ROW, "~shape[0]~"),
        ("return ~", ELLIPSIS, "~[:, ..., None]~"),
        ("return ~", ONE_ROW, "~ - weights[None, ..., :]~", "~ - weights[..., :])~"),
        ("return ~", "only the sign of zeros is another", "~ - 0.0", "~ + -0.0"),
    ],
    "attnlib additive_scores": [("from_queries = ~", ELLIPSIS, "~[:, ..., None, :]")],
    "attnlib scaled_dot_scores": [
        ("return dot_scores~queries *~", LARGER, "~max(1, ~"),
        ("return dot_scores~queries *~", WIDTH, "~keys.shape~"),
        ("return dot_scores~queries *~", "shows only for d_key = 0, where all scores are 0", "~, 0)~", "~, -1)~"),
    ],
    "attnlib attention": [
        ("return dot_scores~", LARGER, "~max(1, ~"),
        ("return dot_scores~", WIDTH, "~keys.shape~"),
        ("return dot_scores~", "shows only for d_key = 0, where all scores are 0", "~, 0)~", "~, -1)~"),
        ("expected = ~", "it only serves to refuse scores of another shape", "~(scores.~"),
        ("expected = ~", "there are as many values as keys", "~, values.~"),
        ("return (xp.astype~", COPY, "~dtype), ~", "~dtype))", "~True~"),
    ],
    "attnlib padding_mask": [
        ("if like is None and ~", NUMPY, "~"),
        ("like = lengths", NUMPY, "pass", "like = like"),
        ("~", NUMPY, "positions = ~, lengths)", "xp = ~(lengths)", "xp = ~(like)"),
        ("empty = ~", LIST, "~(list, tuple))", "~(list, tuple)) and ~", "~(tuple, list)) and ~"),
        ("counts = ~", NUMPY, "~ None)", "~(lengths))", "~(like))", "~(like, ~"),
        ("counts = ~", WHOLE, "~(lengths, device=~", "~=None~", "~=xp.int64, ~", "~ if n_keys else ~"),
        ("return ~", LIST, "~lengths[~", "~like[~"),
    ],
    "attnlib causal_mask": [
        ("~", "the loop that refuses other arguments has left n_keys in count", "~(count, ~", "~[count - ~"),
        ("return (keys~", BROADCAST, "~[:,])"),
    ],
    "attnlib split_heads": [("~", ORDER, "return ~-3, -2)"), ("~", ONE_BATCH, "return ~(x, 2, -3)")],
    "attnlib merge_heads": [
        ("*batch, n_heads~", PRODUCT, "*batch, d_head, n_tokens, n_heads = ~"),
        ("x = xp.moveaxis~", ORDER, "~-2, -3)"),
        ("x = xp.moveaxis~", ONE_BATCH, "~-3, 2)"),
    ],
    "attnlib multi_head_attention": [
        ("return mask if ~", INSERTED, "return mask[..., None, :, :]", "~x.ndim~", "~context.ndim~"),
        ("return mask if ~", INSERTED, "~ > 3 ~", "~ < 2 ~", "~ < 1 ~", "~ < -3 ~", "~ != 3 ~"),
        ("return mask if ~", FLAT, "return x if ~", "return context if ~", "return batch if ~"),
        ("return mask if ~", ELLIPSIS, "~[:, None, ..., :]", "~[:, None, :, ...]"),
        ("outputs, weights = ~", "x only serves to refuse a mask that does not fit", "~(mask, mask, context))"),
        ("return (xp.matmul~", "the loop that refuses other arguments has left w_o in w", "~, w), weights)"),
    ],
}


# what a check should reject and does not yet
def mutants(source):
    """Every mutant of some functions: (the changed line, what stands there now) -> the whole source."""
    tree, found = ast.parse(source), {}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        if ast.get_docstring(function) is not None:
            del function.body[0]
    right = ast.unparse(tree)
    for function in functions:
        for node, put in places(function):
            for changed in changes(node, names_before(node, function)):
                put(changed)
                wrong = ast.unparse(tree)
                put(node)
                if wrong != right:
                    lines = zip(right.splitlines(), wrong.splitlines(), strict=False)
                    key = next((a.strip(), b.strip()) for a, b in lines if a != b)
                    assert found.setdefault(key, wrong) == wrong, f"two mutants look alike: {key}"
    return found


def places(node):
    """What stands below a node, except in statements that only refuse, with a function that puts another in its place.

    A number with its sign is one place.
    """
    for field, value in ast.iter_fields(node):
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not only_refuses(child):
                yield child, partial(value.__setitem__, i) if isinstance(value, list) else partial(setattr, node, field)
                if number(child) is None:
                    yield from places(child)


def only_refuses(node):
    """Whether a statement does nothing but check arguments."""
    if isinstance(node, (ast.If, ast.For)):
        return not node.orelse and all(map(only_refuses, node.body))
    called = getattr(getattr(getattr(node, "value", None), "func", None), "id", "")
    is_call = isinstance(node, (ast.Assign, ast.Expr)) and (called.startswith("require_") or called == "namespace_of")
    return is_call or isinstance(node, ast.Raise)


def names_before(node, function):
    """The parameters of a function, and the variables that it has set before the line of a node."""
    before = [n for n in ast.walk(function) if getattr(n, "lineno", 0) < getattr(node, "lineno", 0)]
    variables = [n.id for n in before if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    parameters = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
    return [name for name in parameters + variables if name not in ("xp", "self")]


def changes(node, names):
    """What may stand in the place of a node, one change each."""
    yield from (other() for other in others(type(node)))
    if (n := number(node)) is not None:
        yield from (ast.parse(repr(other), mode="eval").body for other in (n + 1, n - 1, n - 2, -n))
        return
    match node:
        case ast.Constant(bool()):
            yield ast.Constant(not node.value)
        case ast.UnaryOp():
            yield node.operand
        case ast.BinOp() if not isinstance(node.op, (ast.Add, ast.Mult)):
            yield ast.BinOp(node.right, node.op, node.left)
        case ast.BoolOp():
            yield from node.values
        case ast.IfExp():
            yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
        case ast.Attribute():
            yield from (ast.Attribute(node.value, other) for other in others(node.attr))
        case ast.Name():
            yield from (ast.Name(other) for other in others(node.id))
            if isinstance(node.ctx, ast.Load) and node.id in names:
                yield from map(ast.Name, names)
        case ast.Call():
            yield from (ast.Call(node.func, args, node.keywords) for args in swapped(node.args))
            for left_out in node.keywords:
                yield ast.Call(node.func, node.args, [keyword for keyword in node.keywords if keyword is not left_out])
        case ast.Tuple():
            yield from map(ast.Tuple, swapped(node.elts))
            for i, element in enumerate(node.elts):
                if isinstance(element, ast.Constant) and element.value is None:
                    rest = node.elts[:i] + node.elts[i + 1 :]
                    yield ast.Tuple(rest)
                    yield from (ast.Tuple([*rest[:k], element, *rest[k:]]) for k in range(len(node.elts)))
        case ast.If():
            yield from (ast.Pass(), ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))
        case ast.stmt():
            yield ast.Pass()


def number(node):
    """The number that a node stands for, with its sign, or None."""
    node, sign = (node.operand, -1) if isinstance(getattr(node, "op", None), ast.USub) else (node, 1)
    return sign * node.value if type(getattr(node, "value", None)) in (int, float) else None


def others(one):
    """The operators, or names, that are of one kind with this one."""
    return [other for kind in KINDS if one in kind for other in kind if other != one]


def swapped(elements):
    """The elements with two of them in each other's place, in every way."""
    for i, k in itertools.combinations(range(len(elements)), 2):
        yield [elements[{i: k, k: i}.get(n, n)] for n in range(len(elements))]


def passes(name, source, namespace):
    """Whether the check passes a function, given by its source."""
    names = dict(namespace)
    exec(compile(source, f"<{name}>", "exec"), names)
    return checks.ALL[name](names[name], strict=False, seconds=1).passed


def fits(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("~"))), text) is not None


@pytest.mark.parametrize("case", CASES)
def test_every_mutant_fails_its_check_or_is_listed_with_a_reason(case, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # or what raises with NumPy is tried with PyTorch
    monkeypatch.setattr(Bank, "explain", lambda *_, **__: [])  # the cause does not matter here, and takes time
    assert SURVIVORS.keys() <= CASES.keys() | {*CLASSES}
    the_mutants_fail_or_are_listed(case, *CASES[case])


@pytest.mark.parametrize("case", CLASSES)
def test_every_mutant_of_a_class_fails_its_check_or_is_listed_with_a_reason(case, monkeypatch, torch):
    monkeypatch.setattr(Bank, "explain", lambda *_, **__: [])
    the_mutants_fail_or_are_listed(case, MODULE, {"torch": torch, "nn": torch.nn})


def the_mutants_fail_or_are_listed(case, source, namespace):
    name = case.split()[1]
    assert passes(name, source, namespace)
    survives = {key: passes(name, mutant, namespace) for key, mutant in mutants(source).items()}
    rows = [(line, now) for line, _, *nows in SURVIVORS.get(case, ()) for now in nows]
    fitting = {row: [key for key in survives if all(map(fits, row, key))] for row in rows}
    listed = {key for keys in fitting.values() for key in keys}
    assert [key for key in survives if survives[key] and key not in listed] == [], "these pass, and nothing says why"
    assert [row for row in rows if not fitting[row]] == [], "these are listed, and there is no such mutant"
    assert [key for key in listed if not survives[key]] == [], "these are listed, and the check rejects them"

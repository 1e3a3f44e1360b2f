"""docstring later."""

import ast
import inspect
import itertools
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
)
COMMUTE = (ast.Add, ast.Mult, ast.And, ast.Or)

# the attnlib functions that have a check, each with the helpers that do a part of its work
REFERENCES = {
    "softmax": (weights.softmax,),
    "masked_softmax": (weights.forbid, weights.masked_softmax),
    "softmax_jacobian": (weights.softmax_jacobian,),
    "dot_scores": (scores.dot_scores,),
    "general_scores": (scores.general_scores,),
    "additive_scores": (scores.additive_scores,),
    "attention": (scores.scaled_dot_scores, single_head.attention),
    "padding_mask": (masks.padding_mask,),
    "causal_mask": (masks._positions, masks.causal_mask),
    "split_heads": (multi_head.split_heads,),
    "merge_heads": (multi_head.merge_heads,),
    "multi_head_attention": (multi_head._with_head_axis, multi_head.multi_head_attention),
}
CASES = {f"answer {name}": (check.answer.code, check.answer.helpers) for name, check in checks.ALL.items()} | {
    f"attnlib {name}": (
        "\n".join(map(inspect.getsource, functions)),
        {key: value for function in functions for key, value in function.__globals__.items()},
    )
    for name, functions in REFERENCES.items()
}
SURVIVORS = {}
GAPS = {}


def mutants(source):
    """Every mutant of some functions: (the changed line before, after) -> the whole source."""
    tree = ast.parse(source)
    for function in tree.body:
        if ast.get_docstring(function) is not None:
            del function.body[0]
    before, found = ast.unparse(tree), {}
    for function in tree.body:
        names = {node.arg: 0 for node in ast.walk(function) if isinstance(node, ast.arg)}
        names |= {n.id: 0 for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node, put in places(function):
            for changed in changes(node, names):
                put(changed)
                after = ast.unparse(tree)
                put(node)
                if after != before:
                    lines = zip(before.splitlines(), after.splitlines(), strict=False)
                    key = next((a.strip(), b.strip()) for a, b in lines if a != b)
                    assert found.setdefault(key, after) == after, f"two mutants with one name: {key}"
    return found


def places(node):
    """Every node below a node, except in what only refuses arguments, with a function that puts another in its place."""
    for field, value in ast.iter_fields(node):
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not only_refuses(child):
                yield child, partial(value.__setitem__, i) if isinstance(value, list) else partial(setattr, node, field)
                if number(child) is None:
                    yield from places(child)


def only_refuses(node):
    """Whether a statement does nothing but check the arguments."""
    if isinstance(node, (ast.If, ast.For)):
        return all(map(only_refuses, node.body)) and not node.orelse
    called = getattr(getattr(getattr(node, "value", None), "func", None), "id", "")
    return isinstance(node, ast.Raise) or (
        isinstance(node, ast.stmt) and (called.startswith("require_") or called == "namespace_of")
    )


def number(node):
    """The number that a node stands for, with its sign, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = number(node.operand)
        return None if value is None else -value
    return node.value if isinstance(node, ast.Constant) and type(node.value) in (int, float) else None


def changes(node, names):
    """What may stand in the place of a node: one change each."""
    kind = next((kind for kind in KINDS if type(node) in kind), ())
    yield from (other() for other in kind if other is not type(node))
    if (n := number(node)) is not None:
        yield from (ast.parse(repr(other)).body[0].value for other in dict.fromkeys((n + 1, n - 1, n - 2, -n)))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.BinOp) and not isinstance(node.op, COMMUTE):
        yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.BoolOp):
        yield from node.values
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Attribute):
        yield from (ast.Attribute(node.value, other) for other in others(node.attr))
    elif isinstance(node, ast.Name):
        yield from (ast.Name(other) for other in others(node.id))
        if isinstance(node.ctx, ast.Load) and node.id in names:
            yield from (ast.Name(other) for other in names)
    elif isinstance(node, ast.Call):
        yield from (ast.Call(node.func, args, node.keywords) for args in swapped(node.args))
        for keyword in node.keywords:
            yield ast.Call(node.func, node.args, [other for other in node.keywords if other is not keyword])
    elif isinstance(node, ast.Tuple):
        yield from (ast.Tuple(elements) for elements in swapped(node.elts))
        for i, element in enumerate(node.elts):
            if isinstance(element, ast.Constant) and element.value is None:
                rest = node.elts[:i] + node.elts[i + 1 :]
                yield ast.Tuple(rest)
                yield from (ast.Tuple([*rest[:k], element, *rest[k:]]) for k in range(len(rest) + 1))
    elif isinstance(node, ast.If):
        yield from (ast.Pass(), ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))
    elif isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
        yield ast.Pass()


def others(name):
    """The names that are of one kind with a name."""
    return [other for kind in KINDS if name in kind for other in kind if other != name]


def swapped(elements):
    """The elements with two of them in each other's place, in every way."""
    for i, k in itertools.combinations(range(len(elements)), 2):
        yield [elements[{i: k, k: i}.get(n, n)] for n in range(len(elements))]


def passes(name, source, namespace):
    names = dict(namespace)
    exec(compile(source, f"<{name}>", "exec"), names)
    return checks.ALL[name](names[name], strict=False, seconds=1).passed


@pytest.fixture
def only_numpy(monkeypatch):
    """The mutants are tried with NumPy, also where another test has imported torch, and no causes are looked for."""
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(Bank, "explain", lambda *_, **__: [])

if __name__ == "__main__":
    Bank.explain = lambda *_, **__: []
    import time
    T = 0
    for case,(source,ns) in CASES.items():
        t=time.time()
        name = case.split()[1]
        f = mutants(source)
        s = []
        for k, src in f.items():
            try: p = passes(name, src, ns)
            except SyntaxError as e: print("SYNTAX", k, e); p=False
            if p: s.append(k)
        T+=len(f)
        print("==", case, len(f), len(s), f"{time.time()-t:.2f}")
        for a,b in s: print("   -", a); print("   +", b)
    print(T)

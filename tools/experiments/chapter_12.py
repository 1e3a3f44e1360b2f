"""Stored experiments of chapter 12."""

import copy
from unittest import mock

import numpy as np
import torch
from torch import nn

from attnlib import attention, softmax, tasks, training
from experiments import code_of

STUCK = 0.6  # two heads end near 0.5 or near 1


class NetworkBehind(nn.Module):
    """Heads, and a network of one hidden layer behind their last matrix."""

    def __init__(self, heads):
        super().__init__()
        self.heads = heads
        self.network = nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 4))

    def forward(self, x):
        """Outputs (row, place, 4) and weights."""
        outputs, weights = self.heads(x)
        return self.network(outputs), weights


class OneHeadByContent(nn.Module):
    """One head whose queries, keys and values are made of input and place together; a token is added to its answer."""

    def __init__(self, code, d, width=32):
        super().__init__()
        self.places = nn.Parameter(torch.randn(10, width))
        self.w_in, self.w_own = code["matrix"](d, width), code["matrix"](width, d)
        self.w_q, self.w_k, self.w_v = (code["matrix"](width, width) for _ in range(3))
        self.w_o = code["matrix"](width, d)

    def forward(self, x):
        """Outputs (row, place, d) and weights."""
        tokens = x @ self.w_in + self.places  # (row, place, width)
        outputs, weights = attention(tokens @ self.w_q, tokens @ self.w_k, tokens @ self.w_v)
        return outputs @ self.w_o + tokens @ self.w_own, weights


def _with_penalty(code, seed, factor=0.1, n_steps=500):
    """Two heads, trained with the penalty of Lin et al. (2017) on heads that look at the same places."""
    torch.manual_seed(seed)
    model, rng = code["PlaceHeads"](2), np.random.default_rng(seed)

    def loss():
        x, y = (torch.tensor(a) for a in tasks.differences(rng, 64))
        outputs, weights = model(x)
        rows = weights.transpose(0, 1)[2:]  # (place, head, key)
        alike = (rows @ rows.mT - torch.eye(2)).square().sum(dim=(-1, -2)).mean()
        return (outputs[:, 2:] - y).square().mean() + factor * alike

    training.train(model, loss, n_steps, learning_rate=0.01)
    return model


def _by_content(code, seed, d, n_steps=500):
    """R^2 of one head whose weights depend on content, for inputs of d numbers."""
    torch.manual_seed(seed)
    model, rng = OneHeadByContent(code, d), np.random.default_rng(seed)

    def loss():
        x, y = (torch.tensor(a) for a in tasks.differences(rng, 64, d=d))
        return (model(x)[0][:, 2:] - y).square().mean()

    training.train(model, loss, n_steps, learning_rate=0.01)
    x, y = tasks.differences(np.random.default_rng(99), 2000, d=d)
    with torch.no_grad():
        return code["r_squared"](model(torch.tensor(x))[0][:, 2:].numpy(), y)


def _by_hand(code, d=4):
    """R^2 of one head by hand whose weights look at the first of d numbers: that difference is told, the others half.

    The score of t - 1 is 7 higher than that of t - 2, so nearly all weight is on t - 1, and what is left on t - 2 tells
    the difference of the first numbers; a value is the input and the number of its place. The readout is a line.
    """
    place = np.arange(10.0)
    back = place[:, None] - place  # (t, j)

    def found_and_wanted(seed):
        x, y = tasks.differences(np.random.default_rng(seed), 2000, d=d)
        scores = np.where((back == 1) | (back == 2), 0.02 * x[:, None, :, 0], -np.inf) + 7 * (back == 1)
        values = np.concatenate([x, np.broadcast_to(place[:, None], (len(x), 10, 1))], axis=-1)
        outputs = softmax(scores[:, 2:]) @ values  # (row, t, d + 1)
        outputs[..., -1] -= place[2:]
        outputs = np.concatenate([outputs, np.ones_like(outputs[..., :1])], axis=-1)
        return outputs.reshape(-1, d + 2), y.reshape(-1, d)

    line = np.linalg.lstsq(*found_and_wanted(0), rcond=None)[0]
    found, wanted = found_and_wanted(99)
    return code["r_squared"](found @ line, wanted)


def _heads(code, model):
    """Weight on t - 1, weight on t - 2 and factor, for each head."""
    return np.column_stack([code["found_at"](model), code["factors"](model)]).tolist()


def difference_heads(seeds=tuple(range(20)), many=tuple(range(60)), few=tuple(range(5)), names=None):
    """Chapter 12: how much of a difference do heads explain, by their number and under other conditions?"""
    code = code_of("12", "difference_heads")
    trained, explained = code["trained"], code["explained"]

    def longer(seed):
        torch.manual_seed(seed)
        return explained(code["learn"](code["PlaceHeads"](2), seed, n_steps=2000))

    def behind(seed):
        torch.manual_seed(seed)
        return explained(code["learn"](NetworkBehind(code["PlaceHeads"](1)), seed))

    def cut_wrong(seed):
        wrong = {
            "split_heads": lambda x, n_heads: x.reshape(*x.shape[:-2], n_heads, x.shape[-2], -1),
            "merge_heads": lambda x: x.reshape(*x.shape[:-3], x.shape[-2], -1),
        }
        with mock.patch.dict(code["PlaceHeads"].forward.__globals__, wrong):
            return explained(trained(4, seed))

    runs = {
        "1 head": (seeds, lambda seed: explained(trained(1, seed))),
        "2 heads": (many, lambda seed: explained(trained(2, seed))),
        "4 heads": (seeds, lambda seed: explained(trained(4, seed))),
        "8 heads": (seeds, lambda seed: explained(trained(8, seed))),
        "2 heads, 2000 steps": (seeds, longer),
        "2 heads of width 8": (seeds, lambda seed: explained(trained(2, seed, width=16))),
        "2 heads, small start": (many, lambda seed: explained(trained(2, seed, start=0.1))),
        "2 heads, penalty": (many, lambda seed: explained(_with_penalty(code, seed))),
        "1 head, network behind": (few, behind),
        "1 head, by content, 4 numbers": (few, lambda seed: _by_content(code, seed, d=4)),
        "1 head, by content, 1 number": (few, lambda seed: _by_content(code, seed, d=1)),
        "1 head, by content, by hand": ((0,), lambda seed: _by_hand(code)),
        "4 heads, cut the wrong way": (few, cut_wrong),
    }
    measured = {
        name: [run(seed) for seed in chosen] for name, (chosen, run) in runs.items() if names is None or name in names
    }
    if names is None:
        stuck = [seed for seed, share in zip(many, measured["2 heads"], strict=True) if share < STUCK]
        resets = ("nothing", "values", "queries", "sign")
        for what in resets:
            measured[f"2 heads, stuck, then reset {what}"] = []
        measured["2 heads, stuck, heads"] = []
        for seed in stuck:
            model = trained(2, seed)
            measured["2 heads, stuck, heads"].append(_heads(code, model))
            for what in resets:
                share = explained(code["reset"](copy.deepcopy(model), what))
                measured[f"2 heads, stuck, then reset {what}"].append(share)
        measured["2 heads, penalty, stuck, heads"] = [
            _heads(code, _with_penalty(code, seed))
            for seed, share in zip(many, measured["2 heads, penalty"], strict=True)
            if share < STUCK
        ]
    settings = {"chapter": "12", "seeds": list(seeds), "many seeds": list(many), "few seeds": list(few)}
    return {"settings": settings, "results": measured}


def pick_two(seeds=(0, 1, 2, 3, 4), models=None):
    """Chapter 12: are the two symbols before a place found, by one head or two, with and without a network behind?"""
    code = code_of("12", "pick_two")
    content = code["PickTwo"]

    class ByPlace(content):
        """Queries and keys are made of the places alone, so the weights are the same for every row of symbols."""

        def forward(self, ids):
            symbols = self.symbols(ids)
            places = self.places(torch.zeros_like(symbols))
            outputs, weights = self.heads(places, places, self.places(symbols), need_weights=True)
            return self.readout(outputs).unflatten(-1, (2, 20)), weights

    class EvenWeights(content):
        """One head with the weights one half and one half at the two places before, and nothing to learn in them."""

        def forward(self, ids):
            even = (torch.eye(10).roll(-1, dims=1) + torch.eye(10).roll(-2, dims=1)).tril() / 2
            even = even.to(self.symbols.weight.dtype).expand(len(ids), 1, 10, 10)
            values = self.places(self.symbols(ids)) @ self.heads.w_v
            outputs = even[:, 0] @ values @ self.heads.w_o
            return self.readout(outputs).unflatten(-1, (2, 20)), even

    kinds = {
        "1 head": (content, 1, None),
        "1 head, network behind": (content, 1, 128),
        "by place, network behind": (ByPlace, 1, 128),
        "even, network behind": (EvenWeights, 1, 128),
        "2 heads": (content, 2, None),
        "4 heads": (content, 4, None),
    }

    def run(kind, n_heads, hidden, seed):
        with mock.patch.dict(code, PickTwo=kind):
            return code["picked"](code["learn_pick"](n_heads, hidden, seed))

    return {
        "settings": {"chapter": "12", "seeds": list(seeds)},
        "results": {
            name: [run(*kind, seed) for seed in seeds]
            for name, kind in kinds.items()
            if models is None or name in models
        },
    }


def heads_to_drop(models=None):
    """Chapter 12: trained models that a page can run.

    Weights depend on places only, and a head's values and its part of W_O are one matrix. So a head is a table of
    scores, for the places from 2 on, and a matrix; both rounded.
    """
    code = code_of("12", "difference_heads")
    chosen = {
        "1 head": (1, 0),
        "2 heads": (2, 0),
        "2 heads, stuck": (2, 9),
        "4 heads": (4, 0),
        "8 heads": (8, 0),
    }  # number of heads, seed

    def run(n_heads, seed):
        model = code["trained"](n_heads, seed)
        scores = np.log(np.maximum(code["table_of"](model)[:, 2:], 1e-9))  # (head, t, j), but for a shift of each row
        scores = np.maximum(scores - scores.max(axis=-1, keepdims=True), -9)  # 1 in 8000 of the largest, at least
        blocks = zip(model.w_v.chunk(n_heads, dim=1), model.w_o.chunk(n_heads), strict=True)
        matrices = np.array([(v @ o).tolist() for v, o in blocks])  # (head, 4, 4)
        return {"scores": (scores.round(2) + 0.0).tolist(), "matrices": matrices.round(3).tolist()}

    return {
        "settings": {"chapter": "12", "seeds": [seed for _, seed in chosen.values()]},
        "results": {name: run(*made) for name, made in chosen.items() if models is None or name in models},
    }


EXPERIMENTS = (difference_heads, pick_two, heads_to_drop)

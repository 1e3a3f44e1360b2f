"""Stored experiments of chapter 12."""

import copy
from unittest import mock

import numpy as np
import torch
from torch import nn

from attnlib import attention, tasks, training
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
        "2 heads, small start": (many, lambda seed: explained(trained(2, seed, start=0.1))),
        "2 heads, penalty": (many, lambda seed: explained(_with_penalty(code, seed))),
        "1 head, network behind": (few, behind),
        "1 head, by content, 4 numbers": (few, lambda seed: _by_content(code, seed, d=4)),
        "1 head, by content, 1 number": (few, lambda seed: _by_content(code, seed, d=1)),
        "4 heads, cut the wrong way": (few, cut_wrong),
    }
    measured = {
        name: [run(seed) for seed in chosen] for name, (chosen, run) in runs.items() if names is None or name in names
    }
    if names is None:
        stuck = [seed for seed, share in zip(many, measured["2 heads"], strict=True) if share < STUCK]
        for what in ("nothing", "values", "queries"):
            measured[f"2 heads, stuck, then reset {what}"] = []
        for seed in stuck:
            model = trained(2, seed)
            for what in ("nothing", "values", "queries"):
                share = explained(code["reset"](copy.deepcopy(model), what))
                measured[f"2 heads, stuck, then reset {what}"].append(share)
    settings = {"chapter": "12", "seeds": list(seeds), "many seeds": list(many), "few seeds": list(few)}
    return {"settings": settings, "results": measured}


def pick_two(seeds=(0, 1, 2, 3, 4), models=None):
    """Chapter 12: are the two symbols before a place found, by one head or two, with and without a network behind?"""
    code = code_of("12", "pick_two")
    kinds = {
        "1 head": (1, None),
        "1 head, network behind": (1, 128),
        "2 heads": (2, None),
        "4 heads": (4, None),
    }
    return {
        "settings": {"chapter": "12", "seeds": list(seeds)},
        "results": {
            name: [code["picked"](code["learn_pick"](*kind, seed)) for seed in seeds]
            for name, kind in kinds.items()
            if models is None or name in models
        },
    }


EXPERIMENTS = (difference_heads, pick_two)

"""Speed of `layers.MultiHeadAttention` against torch's `nn.MultiheadAttention`, as ratios measured in one run.

    python benchmarks/multi_head.py [--rounds 15]

A training step of self-attention: forward without weights, the mean square of the outputs, backward, gradients set to
None. One thread, float32, no biases, the same numbers in both. The candidates of a row take turns, and each is judged
by its median, so that a busy machine slows both alike.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from turns import medians

from attnlib import causal_mask, padding_mask
from attnlib.layers import MultiHeadAttention

torch.set_num_threads(1)

GOAL = 1.05
SHAPES = ((64, 20, 32, 4), (16, 128, 256, 8), (4, 512, 512, 8))  # (batch, token, d_model, head)


def our_step(layer, x, mask):
    """A training step of attnlib's layer."""
    outputs, _ = layer(x, mask=mask)
    outputs.square().mean().backward()
    layer.zero_grad(set_to_none=True)


def torchs_step(module, x, mask):
    """A training step of torch's module; its mask is the opposite, (query, key), or has an axis for the heads."""
    outputs, _ = module(x, x, x, attn_mask=mask, need_weights=False)
    outputs.square().mean().backward()
    module.zero_grad(set_to_none=True)


def masks(kind, x, n_heads):
    """The same mask for both: ours (True = may attend), and torch's, made beforehand."""
    n_batch, n_tokens, _ = x.shape
    if kind == "no mask":
        return None, None
    if kind == "causal":
        mask = causal_mask(n_tokens, like=x)
        return mask, ~mask
    mask = padding_mask(torch.arange(n_batch) % n_tokens + 1, n_tokens) & causal_mask(n_tokens, like=x)
    return mask, ~mask.repeat_interleave(n_heads, dim=0)


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="timings per candidate (default 15)")
    rounds = parser.parse_args().rounds
    print("training step of layers.MultiHeadAttention / nn.MultiheadAttention: smaller is better\n")
    for n_batch, n_tokens, d_model, n_heads in SHAPES:
        torch.manual_seed(0)
        layer = MultiHeadAttention(d_model, n_heads)
        module = layer.to_torch()
        x = torch.randn(n_batch, n_tokens, d_model, requires_grad=True)
        for kind in ("no mask", "causal", "causal and padding"):
            ours, theirs = masks(kind, x, n_heads)
            candidates = {
                "ours": lambda layer=layer, x=x, mask=ours: our_step(layer, x, mask),
                "theirs": lambda module=module, x=x, mask=theirs: torchs_step(module, x, mask),
            }
            t = medians(candidates, rounds, repeats=max(1, 2**20 // (n_batch * n_tokens * d_model)))
            ratio = t["ours"] / t["theirs"]
            size = f"{n_batch} x {n_tokens} x {d_model}, {n_heads} heads, {kind}"
            verdict = "ok" if ratio <= GOAL else "MISSED"
            times = f"{t['ours'] * 1e3:8.2f} / {t['theirs'] * 1e3:.2f} ms"
            print(f"{size:52s} {times:22s} {ratio:5.2f}   goal {GOAL:4.2f}   {verdict}", flush=True)


if __name__ == "__main__":
    main()

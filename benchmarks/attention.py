"""Speed and memory of `attention` and `blockwise_attention`, as ratios measured in one run.

    python benchmarks/attention.py [--rounds 15]

One thread, float32, under no_grad unless said. The plain torch idiom is matmul, masked_fill, softmax, matmul. The
candidates of a row take turns, and each is judged by its median, so that a busy machine slows all of them alike.
"""

import argparse
import os
import tracemalloc

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # two libraries with two threads each on two cores stand in each other's way

import numpy as np
import torch
import torch.nn.functional as F
from turns import medians, row

import attnlib

torch.set_num_threads(1)


def idiom(queries, keys, values, mask=None):
    """Attention as most people write it in torch."""
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1) @ values


def fused(queries, keys, values, mask=None):
    """torch's own fused kernel."""
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)


def ours(queries, keys, values, mask=None):
    """attnlib.attention, outputs only."""
    return attnlib.attention(queries, keys, values, mask)[0]


def with_backward(fn):
    """The same function, forward and backward."""

    def step(queries, keys, values, mask):
        leaves = [x.detach().requires_grad_() for x in (queries, keys, values)]
        with torch.enable_grad():
            fn(*leaves, mask).sum().backward()

    return step


def tensors(shape, seed=0):
    """Queries, keys and values with independent standard normal entries."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator) for _ in range(3)]


def torch_speed(rounds):
    """Ratios against the idiom and against torch's fused kernel, with a causal boolean mask."""
    for shape in ((4, 8, 512, 64), (1, 8, 2048, 64)):
        size = " x ".join(map(str, shape))
        arguments = [*tensors(shape), attnlib.causal_mask(shape[-2], like=torch.empty(0))]
        with torch.no_grad():
            forward = {"idiom": idiom, "ours": ours, "blockwise": attnlib.blockwise_attention, "fused": fused}
            t = medians(forward, rounds, arguments)
            both = medians({"idiom": with_backward(idiom), "ours": with_backward(ours)}, rounds, arguments)
            arguments[-1] = torch.rand((shape[-2], shape[-2]), generator=torch.Generator().manual_seed(1)) < 0.5
            scattered = medians({"idiom": idiom, "blockwise": attnlib.blockwise_attention}, rounds, arguments)
        row(f"{size}: attention / idiom, forward", t["ours"] / t["idiom"], 1.0)
        row(f"{size}: attention / idiom, forward + backward", both["ours"] / both["idiom"], 1.0)
        row(f"{size}: blockwise / fused kernel", t["blockwise"] / t["fused"], 1.2)
        row(f"{size}: blockwise / idiom", t["blockwise"] / t["idiom"], 0.45)
        row(f"{size}: blockwise / idiom, random mask", scattered["blockwise"] / scattered["idiom"], 0.7)


def numpy_speed(rounds):
    """Ratios of the blockwise form to the materialised one in NumPy, causal mask."""
    for n in (512, 1024, 2048):
        rng = np.random.default_rng(0)
        arguments = [rng.standard_normal((4, n, 64), dtype=np.float32) for _ in range(3)] + [attnlib.causal_mask(n)]
        t = medians({"ours": ours, "blockwise": attnlib.blockwise_attention}, max(rounds // 3, 3), arguments)
        row(f"NumPy, 4 x {n} x 64: blockwise / attention", t["blockwise"] / t["ours"], 1.0 if n >= 1024 else None)
        arguments[-1] = None
        t = medians({"ours": ours, "blockwise": attnlib.blockwise_attention}, max(rounds // 3, 3), arguments)
        row(
            f"NumPy, 4 x {n} x 64, no mask: blockwise / attention",
            t["blockwise"] / t["ours"],
            1.0 if n >= 1024 else None,
        )


def peak_megabytes(fn, *arguments):
    """Peak of the memory that NumPy takes while a function runs, on top of its arguments."""
    tracemalloc.start()
    fn(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def memory():
    """Peak extra memory against the number of tokens, without a mask."""
    print(f"\n{'peak extra memory in MB, NumPy, 1 x n x 64, float32':52s} {'attention':>12s} {'blockwise':>12s}")
    for n in (1024, 2048, 4096, 8192, 16384):
        rng = np.random.default_rng(0)
        arguments = [rng.standard_normal((1, n, 64), dtype=np.float32) for _ in range(3)]
        whole = f"{peak_megabytes(ours, *arguments):12.1f}" if n <= 4096 else f"{'(not run)':>12s}"
        print(f"n = {n:<48d} {whole} {peak_megabytes(attnlib.blockwise_attention, *arguments):12.1f}", flush=True)


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="timings per candidate (default 15)")
    rounds = parser.parse_args().rounds
    print("time / time of the reference: smaller is better")
    print("idiom: matmul, masked_fill, softmax, matmul in torch; fused kernel: torch's scaled_dot_product_attention\n")
    torch_speed(rounds)
    numpy_speed(rounds)
    memory()


if __name__ == "__main__":
    main()

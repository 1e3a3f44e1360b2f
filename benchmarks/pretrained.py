"""Speed of the pretrained encoder against a straightforward torch version, as ratios measured in one run.

    python benchmarks/pretrained.py [--rounds 15]

The same numbers of symbols through the same six blocks, without weights: attnlib's layers, and `nn.Linear` with torch's
fused kernel. One thread, float32, no gradients. The candidates of a row take turns, and each is judged by its median,
so that a busy machine slows both alike. Needs the package that `attnlib.pretrained` names.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.nn.functional as F
from torch import nn
from turns import medians, row

from attnlib import pretrained

torch.set_num_threads(1)

GOAL = 1.1
SENTENCE = "The animal didn't cross the street because it was too tired."


class PlainBlock(nn.Module):
    """A block of the encoder as most people write it in torch."""

    def __init__(self, block):
        super().__init__()
        d_model, self.n_heads = len(block.attend.w_q), block.attend.n_heads
        self.query, self.key, self.value, self.out = (nn.Linear(d_model, d_model) for _ in range(4))
        for linear, name in ((self.query, "q"), (self.key, "k"), (self.value, "v"), (self.out, "o")):
            w, b = getattr(block.attend, f"w_{name}"), getattr(block.attend, f"b_{name}")
            linear.load_state_dict({"weight": w.T.contiguous(), "bias": b})
        self.norm_attention, self.norm_feed_forward = block.norm_attention, block.norm_feed_forward
        self.wide, self.narrow = block.feed_forward[0], block.feed_forward[2]

    def forward(self, x, mask):
        """Outputs (batch, token, d_model); the mask is (batch, 1, 1, key), True = may attend."""
        queries, keys, values = (
            linear(x).view(*x.shape[:2], self.n_heads, -1).transpose(1, 2)
            for linear in (self.query, self.key, self.value)
        )
        answers = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        x = self.norm_attention(x + self.out(answers.transpose(1, 2).reshape(x.shape)))
        return self.norm_feed_forward(x + self.narrow(F.gelu(self.wide(x))))


class Plain(nn.Module):
    """The encoder as most people write it in torch."""

    def __init__(self, encoder):
        super().__init__()
        self.symbols, self.segments, self.norm = encoder.symbols, encoder.segments, encoder.norm
        self.positions = nn.Embedding.from_pretrained(encoder.positions.vectors)
        self.blocks = nn.ModuleList(PlainBlock(block) for block in encoder.blocks)

    def forward(self, ids, mask):
        """Outputs (batch, token, d_model); the mask is (batch, 1, key), True = may attend."""
        positions = torch.arange(ids.shape[1])
        x = self.norm(self.symbols(ids) + self.segments(torch.zeros_like(ids)) + self.positions(positions))
        mask = None if mask is None else mask[:, None]
        for block in self.blocks:
            x = block(x, mask)
        return x


def batches(encoder):
    """Numbers of symbols and masks (None: no padding) by what they are."""
    sentences = {
        "1 sentence": [SENTENCE],
        "32 sentences of one length": [SENTENCE] * 32,
        "32 sentences, padded": [f"It was {'very ' * n}tired." for n in range(32)],
        "4 long sentences": [f"It was {'very ' * 400}tired."] * 4,
    }
    for name, texts in sentences.items():
        _, ids, mask = encoder.tokenise(texts)
        yield f"{name}, {' x '.join(map(str, ids.shape))} tokens", ids, None if mask.all() else mask


@torch.no_grad()
def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="timings per candidate (default 15)")
    rounds = parser.parse_args().rounds
    print("pretrained encoder / the same with nn.Linear and torch's fused kernel: smaller is better\n")
    encoder = pretrained.load()
    plain = Plain(encoder).eval()
    for name, ids, mask in batches(encoder):
        torch.testing.assert_close(encoder(ids, mask)[0], plain(ids, mask), rtol=0, atol=1e-4)
        candidates = {
            "ours": lambda ids=ids, mask=mask: encoder(ids, mask),
            "plain": lambda ids=ids, mask=mask: plain(ids, mask),
        }
        t = medians(candidates, rounds * max(1, 2**9 // ids.numel()))  # short calls: many turns, not long ones
        row(f"{name}: {t['ours'] * 1e3:.1f} / {t['plain'] * 1e3:.1f} ms", t["ours"] / t["plain"], GOAL)


if __name__ == "__main__":
    main()

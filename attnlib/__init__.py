"""Attention, measured: the mathematics of attention for NumPy arrays and PyTorch tensors alike."""

from attnlib.masks import causal_mask, padding_mask, window_mask
from attnlib.multi_head import merge_heads, multi_head_attention, split_heads
from attnlib.positions import rotary, sinusoidal_positions
from attnlib.scores import additive_scores, dot_scores, general_scores, scaled_dot_scores
from attnlib.single_head import attention, blockwise_attention
from attnlib.weights import entropy, masked_softmax, softmax, softmax_jacobian

__all__ = [
    "additive_scores",
    "attention",
    "blockwise_attention",
    "causal_mask",
    "dot_scores",
    "entropy",
    "general_scores",
    "masked_softmax",
    "merge_heads",
    "multi_head_attention",
    "padding_mask",
    "rotary",
    "scaled_dot_scores",
    "sinusoidal_positions",
    "softmax",
    "softmax_jacobian",
    "split_heads",
    "window_mask",
]

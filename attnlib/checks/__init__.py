"""Checks that say which mistake a function has.

    from attnlib import checks

    checks.softmax(my_softmax)

A check tries a function, NumPy's or PyTorch's, on small examples and reports in words: whether it passed, the likely
cause if not, the smallest example with what was expected and what came, and where to read again. It never raises for
a mistake in the function. `checks.ALL` holds all checks by name, `checks.softmax.example(1)` the arguments of an
example.

    >>> import numpy as np
    >>> from attnlib import checks
    >>> report = checks.softmax(lambda scores: np.exp(scores) / np.exp(scores).sum())
    >>> report.passed, report.cause
    (False, 'sm_all + sm_unstable')
"""

from attnlib.checks.alignment import alignment_error_rate, deletion_influence, mass_on_gold
from attnlib.checks.decoding import decoder_inputs, greedy_decode, luong_step
from attnlib.checks.masks import causal_mask, padding_mask
from attnlib.checks.modules import multi_head_module
from attnlib.checks.multi_head import head_contributions, merge_heads, multi_head_attention, split_heads
from attnlib.checks.one_sequence import noun_share, self_attention, stacked_self_attention
from attnlib.checks.positions import equivariance_gap, rotary, sinusoidal_positions
from attnlib.checks.recurrent import exact_match, factor_per_step, rnn_states
from attnlib.checks.scores import additive_scores, cosine_scores, dot_scores, general_scores, scaled_dot_scores
from attnlib.checks.single_head import attention, weighted_sum
from attnlib.checks.weights import (
    masked_softmax,
    measured_jacobian,
    softmax,
    softmax_backward,
    softmax_jacobian,
    temperature_for_spread,
)

ALL = {
    check.name: check
    for check in (
        rnn_states,
        exact_match,
        factor_per_step,
        softmax,
        masked_softmax,
        softmax_jacobian,
        measured_jacobian,
        temperature_for_spread,
        dot_scores,
        general_scores,
        additive_scores,
        weighted_sum,
        attention,
        luong_step,
        decoder_inputs,
        greedy_decode,
        alignment_error_rate,
        mass_on_gold,
        deletion_influence,
        padding_mask,
        causal_mask,
        self_attention,
        noun_share,
        stacked_self_attention,
        sinusoidal_positions,
        rotary,
        equivariance_gap,
        scaled_dot_scores,
        softmax_backward,
        cosine_scores,
        split_heads,
        merge_heads,
        multi_head_attention,
        head_contributions,
        multi_head_module,
    )
}

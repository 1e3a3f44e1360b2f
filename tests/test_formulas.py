"""The code on the formula sheet runs, and agrees with attnlib."""

import re
from pathlib import Path

import numpy as np
import pytest

import attnlib
from attnlib import masks, positions, scores, weights

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def sheet():
    """The names that the sheet's code makes of random arrays."""
    n, d, h = 5, 8, 2
    rng = np.random.default_rng(0)
    normal = rng.standard_normal
    given = {"n": n, "d": d, "h": h, "lengths": np.array([5, 3])}
    given |= {"queries": normal((4, d)), "keys": normal((n, d)), "values": normal((n, 3)), "x": normal((n, d))}
    given |= {name: normal((d, d)) for name in ("matrix", "W_Q", "W_K", "W_V", "W_O")}
    given |= {"w_q": normal((d, 6)), "w_k": normal((d, 6)), "v": normal(6), "heads": normal((h, n, d // h))}
    given |= {"w": attnlib.softmax(normal(4)), "y": normal(3), "before": normal(2), "pieces": normal((n, 2))}
    given |= {"w_input": normal((3, 2)), "w_state": normal((2, 2)), "w_combine": normal((4, 2))}
    names = dict(given)
    text = (ROOT / "book" / "formulas.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(block, names)
    unused = [name for name in given if not re.search(rf"\b{name}\b", text)]
    assert unused == []
    return names


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_the_four_scores(sheet):
    queries, keys = sheet["queries"], sheet["keys"]
    close(sheet["scores"], scores.dot_scores(queries, keys))
    close(sheet["scaled"], scores.scaled_dot_scores(queries, keys))
    close(sheet["general"], scores.general_scores(queries, keys, sheet["matrix"]))
    close(sheet["additive"], scores.additive_scores(queries, keys, sheet["w_q"], sheet["w_k"], sheet["v"]))


def test_weights_their_slopes_and_their_spread(sheet):
    close(sheet["weights"], attnlib.softmax(sheet["scores"]))
    close(sheet["jacobian"], weights.softmax_jacobian(sheet["w"]))
    close(np.log(sheet["spread"]), weights.entropy(sheet["w"]))


def test_outputs_of_one_sequence_and_of_several_heads(sheet):
    close(sheet["outputs"], sheet["weights"] @ sheet["values"])
    close(sheet["answer"], attnlib.attention(sheet["queries"], sheet["keys"], sheet["values"])[0])
    x, projections = sheet["x"], [sheet["W_Q"], sheet["W_K"], sheet["W_V"]]
    close(sheet["own"], attnlib.attention(*(x @ matrix for matrix in projections))[0])
    close(sheet["split"], attnlib.split_heads(x @ sheet["W_Q"], 2))
    close(sheet["joined"], attnlib.merge_heads(sheet["heads"]) @ sheet["W_O"])


def test_masks(sheet):
    assert (sheet["causal"] == masks.causal_mask(5)).all()
    assert (sheet["padding"][:, 0] == masks.padding_mask(sheet["lengths"], 5).reshape(2, 5)).all()
    assert sheet["both"].shape == (2, 5, 5)
    close(sheet["past"], weights.masked_softmax(sheet["x"] @ sheet["x"].T, masks.causal_mask(5)))


def test_positions(sheet):
    close(sheet["positions"], positions.sinusoidal_positions(5, 8))


def test_a_step_of_luongs_decoder(sheet):
    torch = pytest.importorskip("torch")
    cell = torch.nn.RNNCell(3, 2, bias=False, dtype=torch.float64)
    cell.weight_ih.data, cell.weight_hh.data = (torch.as_tensor(sheet[name].T) for name in ("w_input", "w_state"))
    state = cell(torch.as_tensor(sheet["y"]), torch.as_tensor(sheet["before"])).detach().numpy()
    close(sheet["state"], state)
    weights = attnlib.softmax(sheet["pieces"] @ state)
    close(sheet["combined"], np.tanh(np.r_[weights @ sheet["pieces"], state] @ sheet["w_combine"]))

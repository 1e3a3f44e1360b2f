"""The suite can fail: a planted mistake in a copy of attnlib turns the tests red that should see it.

Only NumPy's share of the tests runs here, because a fresh Python with torch takes three times as long.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# the mistake: (module, what stands there, what is planted, test file, tests)
MISTAKES = {
    "no scale": ("scores", " * max(queries.shape[-1], 1) ** -0.5", "", "scores", "formula"),
    "scaled by the width and not by its root": ("scores", "** -0.5", "** -1.0", "scores", "formula"),
    "softmax over the queries": (
        "weights",
        "    return softmax(scores)\n",
        "    return softmax(scores.mT).mT\n",
        "weights",
        "softmax_of_the_allowed",
    ),
    "mask after the softmax": (
        "weights",
        "        scores = forbid(xp, scores, mask)\n",
        "        return softmax(scores) * mask\n",
        "weights",
        "softmax_of_the_allowed",
    ),
    "mask the wrong way round": (
        "weights",
        "xp.where(mask, zero, -inf)",
        "xp.where(mask, -inf, zero)",
        "single_head",
        "number_by_number",
    ),
    "peak not subtracted": ("weights", "xp.exp(scores - peak)", "xp.exp(scores)", "weights", "huge"),
    "nan in a row with nothing allowed": (
        "weights",
        "peak = xp.where(peak == -inf, 0.0, peak)",
        "pass",
        "weights",
        "row_of_minus_infinities",
    ),
    "entropy in bits": ("weights", "xp.log(xp.where", "xp.log2(xp.where", "weights", "scipys_entropy"),
    "causal mask off by one": ("masks", "keys <= queries\n", "keys < queries\n", "masks", "causal"),
    "last query not at the last key": (
        "masks",
        "keys[n_keys - n_queries :, None]",
        "keys[:n_queries, None]",
        "masks",
        "causal",
    ),
    "padding one too long": ("masks", "positions < counts", "positions <= counts", "masks", "padding_mask_allows"),
    "sum of weights not scaled down": (
        "single_head",
        "total = total * shrink +",
        "total = total +",
        "single_head",
        "every_size_of_tile",
    ),
    "nan hidden in a skipped tile": ("single_head", "may_skip and ", "", "single_head", "nan_in_a_query"),
    "half precision computed in half precision": (
        "single_head",
        ".bits < 32",
        ".bits < 0",
        "single_head",
        "half_precision",
    ),
    "sequence cut into heads": (
        "multi_head",
        "xp.moveaxis(x, -2, -3)",
        "xp.reshape(x, (*batch, n_heads, n_tokens, width // n_heads))",
        "multi_head",
        "slice_of_the_width",
    ),
    "head axis not inserted": ("multi_head", "mask[..., None, :, :]", "mask", "multi_head", "mask_per_sequence"),
}


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and of its tests, to plant mistakes in."""
    shutil.copytree(ROOT / "attnlib", tmp_path / "attnlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    for path in [ROOT / "tests" / "conftest.py", *(ROOT / "tests" / f"test_{row[3]}.py" for row in MISTAKES.values())]:
        shutil.copy(path, tmp_path / "tests")
    return tmp_path


def run(folder, names, chosen):
    """Run some of NumPy's tests on the copy; the exit code of pytest and what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += ["-k", f"numpy and ({chosen})", *(f"tests/test_{name}.py" for name in names)]
    # plugins that the tests do not need take longer to load than the tests to run
    environment |= {"PYTHONPATH": str(folder), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_unchanged_copy_is_green(copy):
    names, chosen = {row[3] for row in MISTAKES.values()}, {row[4] for row in MISTAKES.values()}
    code, text = run(copy, sorted(names), " or ".join(chosen))
    assert code == 0, text
    assert int(re.search(r"(\d+) passed", text)[1]) >= len(chosen)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_turns_the_suite_red(copy, mistake):
    module, right, wrong, name, chosen = MISTAKES[mistake]
    path = copy / "attnlib" / f"{module}.py"
    source = path.read_text(encoding="utf-8")
    assert source.count(right) == 1
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    code, text = run(copy, [name], chosen)
    assert code == 1, text  # 1: tests failed; anything else is no verdict
    assert "1 failed" in text
    assert not re.search(r"NameError|SyntaxError|ImportError|AttributeError", text)  # the mistake runs, and is wrong

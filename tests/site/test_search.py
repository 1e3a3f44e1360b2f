"""What people type into the search field, and the page that must come first."""

import importlib.util
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

ROOT = Path(__file__).resolve().parents[2]

# typed -> how the address of the first result begins
FIRST = {
    "bottleneck": "notebooks/01",
    "vanishing gradient": "notebooks/01",
    "lstm": "notebooks/01",
    "encoder decoder": "notebooks/01",
    "dot product": "notebooks/03",
    "cosine similarity": "notebooks/03",
    "additive attention": "notebooks/03",
    "softmax": "notebooks/04",
    "Softmax temperature": "notebooks/04",
    "entropy": "notebooks/04",
    "jacobian": "notebooks/04",
    "logits": "notebooks/04",
    "overflow": "notebooks/04",
    "query key value": "notebooks/05",
    "context vector": "notebooks/05",
    "convex hull": "notebooks/05",
    "bahdanau": "notebooks/06",
    "luong attention": "notebooks/06",
    "teacher forcing": "notebooks/06",
    "beam search": "notebooks/06",
    "alignment": "notebooks/07",
    "is attention explanation?": "notebooks/07",
    "heatmap": "notebooks/07",
    "causal mask": "notebooks/08",
    "padding mask": "notebooks/08",
    "nan": "notebooks/08",
    "mask polarity": "notebooks/08",
    "self-attention": "notebooks/09",
    "cross-attention": "notebooks/09",
    "BERT": "notebooks/09",
    "positional encoding": "notebooks/10",
    "RoPE": "notebooks/10",
    "permutation": "notebooks/10",
    "sqrt d_k": "notebooks/11",
    "scaled dot product attention": "notebooks/11",
    "why divide": "notebooks/11",
    "multi-head attention": "notebooks/12",
    "how many heads": "notebooks/12",
    "split heads reshape": "notebooks/12",
    "cheat sheet": "book/formulas",
    "symbols": "book/notation",
    "definition": "book/glossary",
    "소프트맥스": "book/glossary",
    "common mistakes": "book/claims",
    "wrong answers": "book/checks",
    "homework": "book/teaching",
    "large class": "book/teaching",
    "my number differs": "book/my-number-differs",
    "license": "book/notices",
    "install": "index",
    "cite": "index",
}


@pytest.fixture(scope="module")
def results(open_once, site_url):
    """A function: the addresses that a search gives, in order."""
    page = open_once(site_url + "search.html")

    def search(typed):
        page.goto(f"{site_url}search.html?q={quote(typed)}")
        page.wait_for_function("/found|did not match/.test(document.querySelector('.search-summary')?.textContent)")
        return page.locator("#search-results li > a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")

    return search


@pytest.mark.parametrize("typed", FIRST)
def test_the_page_that_is_looked_for_comes_first(results, typed):
    found = results(typed)
    assert found, "nothing is found"
    assert found[0].startswith(FIRST[typed]), found[:4]


def test_enough_is_tried():
    assert len(FIRST) >= 30


def test_what_nobody_wrote_is_not_found(results):
    assert results("zebra crossing") == []


def test_every_phrase_belongs_to_a_page_that_there_is(build_dir):
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        spec = importlib.util.spec_from_file_location("search_words", ROOT / "book" / "_ext" / "search_words.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "book" / "_ext"))
    homes = module.read_homes(ROOT)
    assert homes["beam search"] == "notebooks/06-attention-inside-a-decoder"
    for phrase, page in homes.items():
        assert (build_dir / f"{page}.html").is_file(), phrase
        assert phrase == phrase.lower(), phrase

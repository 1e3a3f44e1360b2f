"""The glossary: its data, and what its extension makes of a chapter's text."""

import re
import sys
from pathlib import Path

import pytest

from attnlib.checks.chapters import FINISHED

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def glossary():
    """The extension, which imports another one of its folder."""
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        import glossary as module

        yield module
    finally:
        sys.path.remove(str(ROOT / "book" / "_ext"))


@pytest.fixture
def terms(glossary):
    return glossary.read_terms(ROOT / "book" / "glossary.toml")


def test_every_term_has_a_short_definition_and_a_finished_chapter(terms):
    assert len(terms) >= 50
    for term, entry in terms.items():
        assert entry["chapter"] in FINISHED, term
        assert 5 <= len(entry["definition"].split()) <= 45, term
        assert entry["definition"].endswith("."), term
        assert not set(entry) - {"chapter", "definition", "also", "forms", "unless", "link", "label"}, term


def test_the_ids_are_all_different_and_the_terms_in_order(terms):
    assert len({entry["label"] for entry in terms.values()}) == len(terms)
    assert list(terms) == sorted(terms, key=str.lower)


def test_every_term_is_in_the_text_of_its_chapter(terms):
    for term, entry in terms.items():
        (path,) = (ROOT / "book" / "chapters").glob(f"{entry['chapter']:02}-*.md")
        text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8")).lower()
        assert any(form.lower().replace("d_k", "$d_k$") in text for form in [term, *entry["forms"]]), term


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("mask", "two masks are joined", "masks"),
        ("mask", "Masks are joined", "Masks"),
        ("mask", "a causal mask", None),
        ("mask", "a causal mask, and another mask", "mask"),
        ("mask", "it is unmasked", None),
        ("attention weights", "self-attention weights", None),
        ("GRU", "a GRU reads", "GRU"),
        ("value", "values of one number, and the values", "values"),
        ("value", "values of one number", None),
        ("hidden state", "an attentional hidden state", None),
    ],
)
def test_a_term_is_found_as_a_whole_word_and_not_within_another_term(glossary, terms, term, text, found):
    matches = [match[0] for name, match in glossary.mentions(text, terms, glossary.pattern(terms)) if name == term]
    assert (matches or [None])[0] == found

"""The book as a PDF, made as `make dist` makes it."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from attnlib.checks.chapters import FINISHED, TITLES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pdf(browser, build_dir, tmp_path_factory):
    """The bytes of the PDF."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        spec = importlib.util.spec_from_file_location("make_dist", ROOT / "tools" / "make_dist.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    target = tmp_path_factory.mktemp("dist") / "book.pdf"
    module.print_book(browser, module.build_single_page(), target)
    return target.read_bytes()


def test_the_pdf_has_all_chapters_in_its_outline(pdf):
    titles = re.findall(rb"/Title \(((?:\\.|[^()\\])*)\)", pdf)
    titles = [re.sub(rb"\\(.)", rb"\1", title).decode("latin-1") for title in titles]
    assert titles[0] == "Attention, Measured"
    assert [f"{n}. {TITLES[n]}" for n in sorted(FINISHED) if f"{n}. {TITLES[n]}" not in titles] == []
    assert 200 < len(re.findall(rb"/Type /Page\b", pdf)) < 800


def test_the_pdf_is_tagged_for_screen_readers_and_names_its_language(pdf):
    assert b"/StructTreeRoot" in pdf
    assert re.search(rb"/Lang \(en", pdf)

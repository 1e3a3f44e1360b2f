"""The parts of the book's own Sphinx extensions that can be tested without building the book."""

import importlib.util
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


def load(name):
    if str(EXTENSIONS) not in sys.path:
        sys.path.append(str(EXTENSIONS))  # one extension may import another, as in the build
    spec = importlib.util.spec_from_file_location(f"book_{name}", EXTENSIONS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def mathml():
    module = load("mathml")
    yield module
    module.stop_engine(None, None)


@pytest.fixture(scope="module")
def lean():
    return load("lean")


@pytest.mark.parametrize(
    ("tex", "letter"),
    [
        (r"\mathbb{R}", "\u211d"),
        (r"\mathbf{q}", "\U0001d42a"),
        (r"\mathcal{L}", "\u2112"),
        (r"\boldsymbol{\alpha}", "\U0001d736"),
        (r"\mathsf{K}", "\U0001d5aa"),
        (r"\mathbf{1}", "\U0001d7cf"),
    ],
)
def test_letters_of_other_alphabets_are_letters_of_their_own(mathml, tex, letter):
    markup = mathml.to_mathml(tex, display=False)
    assert f">{letter}<" in markup
    assert "mathvariant" not in markup


@pytest.mark.parametrize(
    ("tex", "signs"),
    [("a = -b", 1), ("f(-b)", 1), ("(a, -b)", 1), ("a - b", 0), ("(a) - b", 0), ("x_i - 1", 0), (r"\ln a - b", 0)],
)
def test_a_sign_after_another_sign_is_no_minus(mathml, tex, signs):
    assert mathml.to_mathml(tex, display=False).count('form="prefix"') == signs


def test_a_formula_carries_its_source_for_readers_who_copy_it(mathml):
    assert r'<annotation encoding="application/x-tex">\frac{a}{b}</annotation>' in mathml.to_mathml(
        r"\frac{a}{b}", True
    )


@pytest.mark.parametrize("tex", [r"\frac{a", r"\notacommand", r"a \\ b"])
def test_what_katex_cannot_read_is_an_error_with_a_short_message(mathml, tex):
    with pytest.raises(ValueError, match=r"^.{5,200}$"):
        mathml.to_mathml(tex, display=True)


def test_aligned_columns_meet_at_the_sign(mathml):
    markup = mathml.to_mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True)
    assert markup.count("text-align: right; text-align: -webkit-right; padding-left: 0; padding-right: 0em") == 2
    assert markup.count("text-align: left; padding-left: 0em; padding-right: 0") == 2


@pytest.mark.parametrize(
    ("tex", "spaces"), [(r"\ln 2", 1), (r"a \ln b", 2), (r"\ln(2)", 0), (r"a = \max_j b", 1), (r"\arg\max_j a", 2)]
)
def test_names_of_functions_are_set_off_as_tex_does(mathml, tex, spaces):
    assert mathml.to_mathml(tex, display=False).count("<mspace") == spaces


def test_style_rules_that_can_match_nothing_go_and_all_others_stay(lean):
    gone = ".gone .used{c:d}@media print{.gone{e:f}}"
    kept = '@charset "x";.used{a:b}@media print{p:not(.gone){g:h}}#used>a{i:"}"}'
    assert lean.trim(kept + gone + "/*! licence */", {"used"}) == "/*! licence */\n" + kept
    assert lean.trim(".used,.gone{a:b}", {"used"}).strip() == ".used{a:b}"


def test_the_edit_link_of_a_chapter_leads_to_its_text():
    source_of = load("repository").source_of
    assert source_of("notebooks/04-from-scores-to-weights") == "book/chapters/04-from-scores-to-weights.md"
    assert source_of("book/notation") == "book/notation.md"
    assert source_of("index") == "index.md"


def test_data_in_a_script_cannot_end_it():
    data = load("explorers").as_data('"</script><!-- <script>"')
    assert "<" not in data


def test_the_equals_signs_of_aligned_lines_stand_below_each_other(mathml, browser):
    page = browser.new_page()
    page.set_content(mathml.to_mathml(r"\begin{aligned} a &= b \\ a + c + d &= e \end{aligned}", display=True))
    ends = page.locator("mtr").evaluate_all(
        "rows => rows.map(r => r.firstElementChild.firstElementChild.getBoundingClientRect().right)"
    )
    page.close()
    assert len(ends) == 2
    assert abs(ends[0] - ends[1]) < 0.5

"""The concordance: every statement stands in the data once, and the chapter that answers it names it.

Every rule is a function that returns what breaks it, in words, and is shown to find a planted mistake.
"""

import importlib.util
import re
from itertools import combinations
from pathlib import Path

import pytest

from attnlib.checks.chapters import FINISHED, TITLES

ROOT = Path(__file__).resolve().parent.parent
_spec = importlib.util.spec_from_file_location("concordance", ROOT / "book" / "_ext" / "concordance.py")
concordance = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(concordance)

ITEMS = (38, 33, 24, 25, 15)  # how many statements each post has
IDS = [f"{post}-{n}" for post, count in enumerate(ITEMS) for n in range(1, count + 1)]
IDS += [f"X{n}" for n in range(1, 13)]
MAY_HAVE_NO_BELIEF = {"holds", "figure"}
CITED = re.compile(r"\b([A-Z][a-z]+)(?: et al\.| and [A-Z][a-z]+),? \(?(\d{4})")


@pytest.fixture
def claims():
    return concordance.read_claims(ROOT / "book" / "claims.toml")


def texts():
    """The texts of the chapters: number -> Markdown."""
    return {int(path.name[:2]): path.read_text("utf-8") for path in (ROOT / "book" / "chapters").glob("*.md")}


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def alike(a, b):
    """Whether two texts are the same but for a word here and there."""
    a, b = words(a), words(b)
    return len(a & b) > 0.75 * len(a | b)


def wrong_entries(claims):
    """What is wrong with the data."""
    if list(claims) != IDS:
        lost, new = [i for i in IDS if i not in claims], [i for i in claims if i not in IDS]
        yield f"the ids are not those of the posts, in order: missing {lost}, unknown {new}"
    for key, claim in claims.items():
        if wrong := {"chapters", "status", "statement"} - set(claim) or set(claim) - {
            *("chapters", "status", "statement", "belief")
        }:
            yield f"{key}: what about {sorted(wrong)}?"
            continue
        chapters, status, said = claim["chapters"], claim["status"], claim.get("belief")
        if not chapters or chapters != sorted(set(chapters)) or not set(chapters) <= set(TITLES):
            yield f"{key}: {chapters} are not chapters in order"
        if status not in concordance.STATUSES:
            yield f"{key}: {status!r} is no status"
        if (status == "texts differ") != key.startswith("X"):
            yield f"{key}: only X entries are about texts that differ"
        if said is None and status not in MAY_HAVE_NO_BELIEF:
            yield f"{key}: it is {status}, and nothing says what one often reads"
        if said is not None and status == "holds":
            yield f"{key}: what holds needs no belief next to it"
        for text in filter(lambda text: text is not None, (said, claim["statement"])):
            if not 10 <= len(text.strip()) <= 400 or text.strip()[-1] not in ".?":
                yield f"{key}: one to three sentences, please: {text!r}"
        if said is not None and alike(said, claim["statement"]):
            yield f"{key}: the belief is the statement"
    for (a, first), (b, second) in combinations(claims.items(), 2):
        if "statement" in first and "statement" in second and alike(first["statement"], second["statement"]):
            yield f"{a} and {b} state the same"


def unnamed(claims, texts, finished):
    """What finished chapters do not name, and what chapters name that is not in the data."""
    for number in sorted(finished):
        named = concordance.named_in(texts.get(number, ""))
        answered = [key for key, claim in claims.items() if number in claim["chapters"]]
        yield from (f"chapter {number} does not name ({key})" for key in answered if key not in named)
    for number, text in sorted(texts.items()):
        for key in concordance.named_in(text):
            if key not in claims:
                yield f"chapter {number} names ({key}), which book/claims.toml does not have"


def uncited(claims, page):
    """Works that an entry cites and the page's list of sources does not have."""
    sources = page.partition("## Sources")[2].splitlines()
    for key, claim in claims.items():
        for author, year in CITED.findall(claim.get("belief", "") + claim["statement"]):
            if not any(author in line and year in line for line in sources):
                yield f"{key} cites {author} {year}"


def test_every_statement_is_there_once_with_all_that_belongs_to_it(claims):
    assert list(wrong_entries(claims)) == []


def test_every_status_is_used(claims):
    assert {claim["status"] for claim in claims.values()} == set(concordance.STATUSES)


def test_every_statement_of_a_finished_chapter_is_named_there_and_no_other_number_is(claims):
    assert list(unnamed(claims, texts(), FINISHED)) == []


def test_every_finished_chapter_answers_something(claims):
    for number in FINISHED - {0}:
        assert any(number in claim["chapters"] for claim in claims.values())


def test_the_works_that_are_cited_are_listed(claims):
    assert list(uncited(claims, (ROOT / "book" / "claims.md").read_text("utf-8"))) == []


def swap(claims, a, b):
    """Let two entries change places."""
    order = [{a: b, b: a}.get(key, key) for key in claims]
    entries = dict(claims)
    claims.clear()
    claims.update({key: entries[key] for key in order})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda c: c.pop("2-17"), "missing ['2-17']"),
        (lambda c: c.update({"4-16": c["4-15"]}), "unknown ['4-16']"),
        (lambda c: swap(c, "0-3", "0-4"), "in order"),
        (lambda c: c["0-1"].pop("statement"), "0-1: what about ['statement']?"),
        (lambda c: c["0-1"].update(statment="A word."), "0-1: what about ['statment']?"),
        (lambda c: c["0-28"].update(chapters=[]), "0-28: [] are not chapters"),
        (lambda c: c["0-28"].update(chapters=[11, 3]), "0-28: [11, 3] are not chapters"),
        (lambda c: c["0-28"].update(chapters=[17]), "0-28: [17] are not chapters"),
        (lambda c: c["1-8"].update(status="wrong"), "1-8: 'wrong' is no status"),
        (lambda c: c["1-8"].update(status="texts differ"), "1-8: only X entries"),
        (lambda c: c["X3"].update(status="incomplete"), "X3: only X entries"),
        (lambda c: c["1-8"].pop("belief"), "1-8: it is wrong as written, and nothing"),
        (lambda c: c["0-3"].update(belief="A belief."), "0-3: what holds needs no belief"),
        (lambda c: c["0-3"].update(statement="\n"), "0-3: one to three sentences"),
        (lambda c: c["1-8"].update(belief=""), "1-8: one to three sentences"),
        (lambda c: c["1-8"].update(belief=c["1-8"]["statement"]), "1-8: the belief is the statement"),
        (lambda c: c["3-24"].update(statement=c["1-29"]["statement"]), "1-29 and 3-24 state the same"),
    ],
)
def test_a_mistake_in_the_data_is_found(claims, damage, said):
    damage(claims)
    found = list(wrong_entries(claims))
    assert any(said in mistake for mistake in found), found


def test_an_id_that_stands_twice_is_found(tmp_path):
    path = tmp_path / "claims.toml"
    path.write_text("[0-1]\n[0-1]\n", encoding="utf-8")
    with pytest.raises(ValueError, match="0-1"):
        concordance.read_claims(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(0-26)", "", "chapter 3 does not name (0-26)"),
        ("(0-26)", "0-26", "chapter 3 does not name (0-26)"),
        ("(0-26)", "(0-2)", "chapter 3 does not name (0-26)"),
        ("(0-26)", "(0-26, 0-39)", "chapter 3 names (0-39)"),
        ("(0-26)", "(0-26) (X13)", "chapter 3 names (X13)"),
        ("(0-26)", "\n```python\nf(0-26)\n```\n", "chapter 3 does not name (0-26)"),
    ],
)
def test_a_chapter_that_names_too_little_or_too_much_is_found(claims, old, new, said):
    changed = texts()
    assert old in changed[3]
    changed[3] = changed[3].replace(old, new)
    found = list(unnamed(claims, changed, FINISHED))
    assert any(said in mistake for mistake in found), found


def test_a_finished_chapter_without_a_text_names_nothing(claims):
    without = {number: text for number, text in texts().items() if number != 9}
    assert "chapter 9 does not name (X3)" in list(unnamed(claims, without, {9}))


def test_a_work_that_is_cited_and_not_listed_is_found(claims):
    claims["0-3"]["statement"] = "Someone said so (Parikh et al., 2016)."
    assert list(uncited(claims, (ROOT / "book" / "claims.md").read_text("utf-8"))) == ["0-3 cites Parikh 2016"]


def test_names_in_brackets_are_read_one_by_one():
    assert concordance.named_in("as said (0-26), and more (0-25, 2-13, X1); not f(0), (see 1-2) or 3-4") == [
        *("0-26", "0-25", "2-13", "X1")
    ]

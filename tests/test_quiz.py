"""The quiz at the end of a chapter: its form, its answers, and the statements that its explanations name.

Every rule is a function that returns what breaks it, in words, and is shown to find a planted mistake.
"""

import importlib.util
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from attnlib.checks.chapters import FINISHED

ROOT = Path(__file__).resolve().parent.parent


def extension(name):
    """A module of book/_ext, which is not a package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


concordance, progress = extension("concordance"), extension("progress")

ANSWER = r'<details class="answer">\n<summary>(.+)</summary>\n\n(.+(?:\n.+)*)\n\n</details>\n'
QUESTION = re.compile(rf"\*\*(\d+)\. ((?:.+\n)*?.+)\*\*\n\n((?:{ANSWER})+)")
INTRODUCTION = re.compile(r"(?:[^*\n<].*\n)*\n?")


class Answer(NamedTuple):
    text: str
    verdict: str
    why: str


class Question(NamedTuple):
    number: int
    text: str
    answers: list


def text_of(chapter):
    """The text of a chapter."""
    (path,) = (ROOT / "book" / "chapters").glob(f"{chapter:02}-*.md")
    return path.read_text(encoding="utf-8")


def quiz_of(text):
    """The quiz of a chapter's text, from its heading to the next."""
    return text.partition("\n## Quiz\n\n")[2].partition("\n## ")[0]


def questions_of(quiz):
    """The questions of a quiz, and what is left of its text when they are taken out."""
    questions = []
    for number, text, answers, *_ in QUESTION.findall(quiz):
        read = [
            Answer(said, *re.match(r"(?:\*\*(\w+)\.\*\* )?(.*)", why, re.S).groups())
            for said, why in re.findall(ANSWER, answers)
        ]
        questions.append(Question(int(number), text, read))
    return questions, INTRODUCTION.sub("", QUESTION.sub("", quiz), count=1).strip()


def wrong_form(quiz):
    """What is wrong with the form of a quiz."""
    questions, left = questions_of(quiz)
    if left:
        yield f"not a question: {left[:80]!r}"
    if [q.number for q in questions] != list(range(1, len(questions) + 1)):
        yield f"the questions are numbered {[q.number for q in questions]}"
    if len(questions) not in (4, 5):
        yield f"{len(questions)} questions, not 4 or 5"
    for question in questions:
        verdicts = Counter(answer.verdict for answer in question.answers)
        where = f"question {question.number}"
        if not question.text.endswith("?"):
            yield f"{where} is no question"
        if set(verdicts) - {"Yes", "No"} or verdicts["Yes"] != 1:
            yield f"{where} has the verdicts {dict(verdicts)}, and one Yes is right"
        if not 3 <= len(question.answers) <= 4:
            yield f"{where} has {len(question.answers)} answers, not 3 or 4"
        if len({answer.text for answer in question.answers}) < len(question.answers):
            yield f"{where} has an answer twice"
        for answer in question.answers:
            if len(answer.why.split()) < 12:
                yield f"{where}: {answer.text!r} is hardly explained"
            if re.search(r"[$`*_]|\]\(", answer.text):
                yield f"{where}: {answer.text!r} stands in HTML, where Markdown is not read"


def wrong_names(quiz, chapter, claims):
    """Statements that are named and unknown, or are not this chapter's; questions that answer none."""
    without = 0
    for question in questions_of(quiz)[0]:
        named = concordance.named_in("\n".join(answer.why for answer in question.answers))
        without += not named
        yield from (f"question {question.number} names ({n}), unknown" for n in named if n not in claims)
        yield from (
            f"question {question.number} names ({n}), of another chapter"
            for n in named
            if n in claims and chapter not in claims[n]["chapters"]
        )
    if without > 1:
        yield f"{without} questions name no statement"


def given_away(quizzes):
    """How the right answers could be guessed: by their place, or by their length."""
    questions = [question for quiz in quizzes for question in questions_of(quiz)[0]]
    places = Counter(next(i for i, a in enumerate(q.answers, 1) if a.verdict == "Yes") for q in questions)
    place, often = places.most_common(1)[0]
    if often > 0.4 * len(questions):
        yield f"answer {place} is right in {often} of {len(questions)} questions"
    for name, choose in (("longest", max), ("shortest", min)):
        by_length = sum(
            next(len(a.text) for a in q.answers if a.verdict == "Yes") == end
            for q in questions
            if [len(a.text) for a in q.answers].count(end := choose(len(a.text) for a in q.answers)) == 1
        )
        if by_length > 0.4 * len(questions):
            yield f"the {name} answer is right in {by_length} of {len(questions)} questions"


@pytest.fixture
def claims():
    return concordance.read_claims(ROOT / "book" / "claims.toml")


@pytest.mark.parametrize("chapter", sorted(FINISHED))
def test_a_quiz_has_the_form_of_all_and_explains_every_answer(chapter):
    assert list(wrong_form(quiz_of(text_of(chapter)))) == []


@pytest.mark.parametrize("chapter", sorted(FINISHED))
def test_a_quiz_answers_beliefs_of_its_chapter(chapter, claims):
    assert list(wrong_names(quiz_of(text_of(chapter)), chapter, claims)) == []


def test_the_right_answer_cannot_be_told_by_its_place_or_its_length():
    assert list(given_away([quiz_of(text_of(chapter)) for chapter in sorted(FINISHED)])) == []


@pytest.mark.parametrize("chapter", sorted(FINISHED))
def test_the_map_is_told_how_many_exercises_and_questions_there_are(chapter):
    text = text_of(chapter)
    questions, _ = questions_of(quiz_of(text))
    last = re.findall(r"^#### (\d+)\. ", text, re.M)[-1]
    assert progress.count(text) == {"exercises": int(last), "questions": len(questions)}
    assert progress.count(text.replace("## Quiz", "## Questions"))["questions"] == 0


RIGHT = "1/8, 2/8 and 5/8"


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        (r"\*\*1\. ", "**2. ", "the questions are numbered [2, 2, "),
        (r"What are their weights\?", "Name their weights.", "question 1 is no question"),
        (r"\*\*(1\. The scores.*\n.*)\*\*", r"\1", "not a question: '1. The scores"),
        (r"\*\*Yes\.\*\* The", "**No.** The", "question 1 has the verdicts {'No': 3}"),
        (r"\*\*No\.\*\* A score", "**Yes.** A score", "question 1 has the verdicts {'Yes': 2, 'No': 1}"),
        (r"\*\*No\.\*\* A score", "A score", "question 1 has the verdicts {None: 1"),
        (r"\*\*Yes\.\*\* The", "**Yes** The", "question 1 has the verdicts {'No': 2, None: 1}"),
        (rf"<summary>{RIGHT}</summary>\n\n", f"<summary>{RIGHT}</summary>\n", "not a question: "),
        (RIGHT, "$1/8, 2/8$ and 5/8", "Markdown is not read"),
        (RIGHT, "0, 2/7 and 5/7", "question 1 has an answer twice"),
        (r"These are the scores.*\n.*", "The exponential above the line is forgotten.", "is hardly explained"),
    ],
)
def test_a_mistake_in_the_form_is_found(pattern, new, said):
    quiz = quiz_of(text_of(4))
    changed = re.sub(pattern, new, quiz, count=1)
    assert changed != quiz
    found = list(wrong_form(changed))
    assert any(said in mistake for mistake in found), found


def test_a_question_too_few_or_an_answer_too_few_is_found():
    quiz = quiz_of(text_of(4))
    first, second = [match[0] for match in QUESTION.finditer(quiz)][:2]
    found = list(wrong_form(quiz.replace(first, "").replace(second, "")))
    assert "3 questions, not 4 or 5" in found
    answer = re.search(ANSWER, first)[0]
    assert "question 1 has 2 answers, not 3 or 4" in list(wrong_form(quiz.replace(answer, "", 1)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("(4-12)", "(4-99)", "names (4-99), unknown"),
        ("(4-12)", "(0-26)", "names (0-26), of another chapter"),
        (r"\(\d-\d+\)", "", "5 questions name no statement"),
    ],
)
def test_a_statement_that_is_unknown_or_missing_is_found(claims, old, new, said):
    quiz = quiz_of(text_of(4))
    changed = re.sub(old, new, quiz) if new == "" else quiz.replace(old, new)
    assert any(said in mistake for mistake in wrong_names(changed, 4, claims))


def test_a_right_answer_that_always_stands_first_or_is_always_the_longest_is_found():
    quiz = quiz_of(text_of(3))

    def first(match):
        answers = sorted((m[0] for m in re.finditer(ANSWER, match[0])), key=lambda a: "**Yes.**" not in a)
        return match[0][: match.start(3) - match.start()] + "".join(answers)

    found = list(given_away([QUESTION.sub(first, quiz)]))
    assert "answer 1 is right in 5 of 5 questions" in found
    longer = re.sub(r"</summary>(?=\n\n\*\*Yes)", " and so on and so forth</summary>", quiz)
    assert "the longest answer is right in 5 of 5 questions" in list(given_away([longer]))
    shorter = re.sub(r"</summary>(?=\n\n\*\*No)", " and so on and so forth</summary>", quiz)
    assert "the shortest answer is right in 5 of 5 questions" in list(given_away([shorter]))


def vectors(text):
    """All lists of whole numbers in brackets, such as (3, 1)."""
    found = re.findall(r"\(([-\d]+(?:, [-\d]+)+)\)", text.replace("\N{MINUS SIGN}", "-"))
    return np.array([[int(n) for n in vector.split(", ")] for vector in found])


def shares(text):
    """All fractions, such as 1/4."""
    return np.array([int(a) / int(b) for a, b in re.findall(r"(\d+)/(\d+)", text)])


def integers(text):
    """All whole numbers."""
    return [int(n) for n in re.findall(r"\d+", text)]


def projection(text):
    x, y = vectors(text)
    return x @ y / np.linalg.norm(y)


def best_key(text):
    query, *keys = vectors(text)
    return tuple(max(keys, key=lambda key: key @ query).tolist())


def weighted_sum(text):
    w, v = shares(text), vectors(text)
    return tuple((w @ v).astype(int).tolist()) if np.isclose(w.sum(), 1) else None


def spread_of_scores(text):
    of_queries, of_keys, _, width, *_ = integers(text)
    return (width * of_queries * of_keys) ** 0.5 / width**0.5


# How the right answer begins, worked out from the numbers in the text of the question, by chapter and question.
WORKED_OUT = {
    (1, 2): lambda t: f"{integers(t)[2] * (integers(t)[0] / integers(t)[1]) ** integers(t)[3]:.0f}",
    (3, 1): lambda t: f"{projection(t):g}",
    (3, 2): lambda t: f"{np.dot(*vectors(t))}, because they are less",
    (3, 3): lambda t: f"{best_key(t)}, though",
    (4, 3): lambda t: f"{weighted_sum(t)}, the weighted sum",
    (5, 1): lambda t: f"{weighted_sum(t)}",
    (5, 2): lambda t: "AB"[int(vectors(t)[[1, 3]] @ vectors(t)[0] @ [-1, 1] > 0)] + ", because its key",
    (5, 3): lambda t: f"({integers(t)[0]}, {integers(t)[3]})",
    (6, 3): lambda t: f"{2 * integers(t)[0]}",
    (11, 1): lambda t: f"{spread_of_scores(t):g}: the root of 4",
    (12, 1): lambda t: f"{integers(t)[0] * integers(t)[1]} rows and {integers(t)[2]} columns",
}


@pytest.mark.parametrize(("chapter", "number"), WORKED_OUT)
def test_the_answer_that_is_called_right_is_what_the_question_asks_for(chapter, number):
    question = questions_of(quiz_of(text_of(chapter)))[0][number - 1]
    right = next(answer.text for answer in question.answers if answer.verdict == "Yes")
    assert re.match(re.escape(WORKED_OUT[chapter, number](question.text)) + r"(?!\d)", right)

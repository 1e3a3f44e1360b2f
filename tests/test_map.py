"""The map of the course: its data, the chapters' own words on what they need, and routes for a term."""

import importlib.util
import json
import re
import tomllib
from pathlib import Path

import pytest

from attnlib.checks.chapters import FINISHED, TITLES

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def course_map():
    spec = importlib.util.spec_from_file_location("course_map", ROOT / "book" / "_ext" / "course_map.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def chapters(course_map):
    return course_map.read_map(ROOT)


def test_every_chapter_is_on_the_map_in_order_and_the_finished_ones_have_a_text(chapters):
    assert list(chapters) == list(TITLES)
    assert {n for n, chapter in chapters.items() if chapter["slug"]} == FINISHED
    for number in FINISHED:
        assert f"\n# {number}. {TITLES[number]}\n" in chapters[number]["text"]
        question = chapters[number]["question"].translate(str.maketrans("“”", '""'))
        assert f"\n**{question}**\n" in chapters[number]["text"]


def test_what_a_chapter_needs_comes_before_it(chapters):
    for number, chapter in chapters.items():
        assert chapter["needs"] == sorted(set(chapter["needs"]))
        assert not set(chapter["needs"]) & set(chapter["helps"])
        assert all(before < number for before in [*chapter["needs"], *chapter["helps"]])


@pytest.mark.parametrize("number", sorted(FINISHED))
def test_a_chapter_says_itself_what_it_needs(chapters, number):
    section = chapters[number]["text"].partition("## What you need")[2].partition("\n## ")[0]
    linked = {int(n) for n in re.findall(r"\]\((\d\d)-[\w-]+\.ipynb\)", section)}
    needs, helps = set(chapters[number]["needs"]), set(chapters[number]["helps"])
    assert needs <= linked
    assert {n for n in linked if n < number} <= needs | helps or "You need no other chapter" in section


@pytest.mark.parametrize("number", sorted(FINISHED - {max(FINISHED)}))
def test_a_chapter_says_what_comes_next_and_why(chapters, number):
    end = chapters[number]["text"].partition("\n## Summary\n")[2]
    following = min(n for n in FINISHED if n > number)
    assert re.search(rf"^\*\*Next:\*\* \[chapter {following}\]\({chapters[following]['slug']}\.ipynb\)", end, re.M)
    assert re.search(r"^\*\*Why:\*\* \w", end, re.M)


def test_the_short_course_needs_no_chapter_outside_it(chapters):
    short = {n for n, chapter in chapters.items() if chapter["short"]}
    assert all(set(chapters[n]["needs"]) <= short for n in short)
    named = re.search(r"The short course is ([\d, and]+)\.", (ROOT / "README.md").read_text(encoding="utf-8"))[1]
    assert set(map(int, re.findall(r"\d+", named))) == short


def test_the_readme_and_the_front_page_name_the_finished_chapters():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert re.findall(r"\*\*(\d+\. [^*]+)\*\*", readme) == [f"{n}. {TITLES[n]}" for n in sorted(FINISHED)]
    assert f"{len(FINISHED)} of {len(TITLES)} chapters are finished" in (ROOT / "index.md").read_text(encoding="utf-8")


def test_the_drawing_leaves_out_what_follows(course_map, chapters):
    assert course_map.nearest(6, chapters) == [1, 3, 5], "6 needs 4, which 5 needs already"
    picture = course_map.drawing(chapters)
    assert picture.count("<circle") == len(TITLES) + sum(chapter["short"] for chapter in chapters.values())
    assert picture.count("<a ") == len(FINISHED)
    places = [tuple(chapter["at"]) for chapter in chapters.values()]
    assert len(set(places)) == len(places)
    for number, chapter in chapters.items():
        assert all(chapters[before]["at"][1] < chapter["at"][1] for before in chapter["needs"]), number


def test_the_list_says_what_is_needed_and_how_long_it_takes(course_map, chapters):
    item = course_map.entry(5, chapters[5], chapters)
    link = '<a href="notebooks/04-from-scores-to-weights.html" aria-label="4. From scores to weights">4</a>'
    assert f'<p class="am-needs">Needs {link}.</p>' in item
    assert "{} minutes, and {} for the exercises".format(*course_map.minutes(chapters[5])) in item
    assert course_map.entry(0, chapters[0], chapters).startswith("<li>Orientation <span>to come</span>")


def test_all_chapters_that_are_needed_by_a_route_are_in_it_or_told_again(chapters):
    """The routes for instructors: a chapter comes after what it needs."""
    page = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    routes = re.findall(r"```\{course-route\}\n(.*?)```", page, re.S)
    assert [len(route.strip().splitlines()) for route in routes] == [4, 8]
    for route in routes:
        order = [int(n) for n in re.findall(r"(?:^|, )(\d+):", route, re.M)]
        for place, number in enumerate(order):
            assert set(chapters[number]["needs"]) <= set(order[:place]), number
    assert sorted(order) == sorted(FINISHED), "the long route reads all finished chapters"


def test_a_route_names_exercises_that_there_are_and_a_core_one_of_each_chapter(course_map, chapters):
    page = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    named = re.findall(r"(?:^|, )(\d+): ([\d ]+\d)", page, re.M)
    assert len(named) == sum(chapter["short"] and n in FINISHED for n, chapter in chapters.items()) + len(FINISHED)
    for number, chosen in named:
        text = chapters[int(number)]["text"]
        core = text.partition("### Core\n")[2].partition("### Stretch\n")[0]
        known, with_checks = ({n for n, *_ in course_map.EXERCISE.findall(part)} for part in (text, core))
        assert set(chosen.split()) <= known, number
        assert set(chosen.split()) & with_checks, number


@pytest.mark.parametrize("number", sorted(FINISHED))
def test_the_minutes_for_reading_are_what_the_page_for_instructors_says(course_map, chapters, number):
    page = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    slowest, fastest = map(int, re.search(r"(\d+) to (\d+) words of text a minute", page).groups())
    before = chapters[number]["text"].partition("\n## Exercises\n")[0]
    words = re.sub(r"```\{code-cell\}.*?```", "", before, flags=re.S).split()
    assert slowest - 2 < len(words) / course_map.minutes(chapters[number])[0] < fastest + 2


def test_the_measured_notebooks_are_the_finished_chapters(chapters):
    measured = json.loads((ROOT / "book" / "measured.json").read_text(encoding="utf-8"))
    assert sorted(measured) == sorted(chapter["slug"] for chapter in chapters.values() if chapter["slug"])
    assert all(entry["seconds"] < 60 for entry in measured.values())
    assert all(entry["share"] < 1 for entry in measured.values()), "a notebook would print another number"


def test_the_version_to_pin_is_the_one_of_the_package():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"--branch v{version} " in (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")

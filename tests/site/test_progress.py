"""What a reader has done: counted in a chapter, kept in the browser, shown on the map, taken out and in again."""

import json
import re

import pytest

CHAPTER = "notebooks/04-from-scores-to-weights.html"
SLUG = "04-from-scores-to-weights"
KEY = "attention-measured"
MADE_BY_THE_SCRIPT = ".am-quiz, .am-exercise label, .am-progress, .am-kept, .am-notice:not([hidden])"
DENIED = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("not allowed", "SecurityError"); } });"""
REFUSING = """Storage.prototype.setItem = function (key) {
    if (key === "attention-measured") throw new DOMException("full", "QuotaExceededError"); };"""


def progress_file(tmp_path, content, name="progress.json"):
    """A file with this content: a text, or what JSON makes of something else."""
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def saved(chapters, **other):
    return {"course": KEY, "version": 1, "chapters": chapters} | other


def kept(page):
    """What the browser has kept of the chapters; None if there is nothing."""
    text = page.evaluate("key => localStorage.getItem(key)", KEY)
    return text and json.loads(text)["chapters"]


def answer(page, question, right):
    """Open an answer to a question, a right or a wrong one that is still closed."""
    group = page.locator(".am-question").nth(question - 1)
    group.locator(f'details[data-right="{str(right).lower()}"]:not([open]) > summary').first.click()


def tick(page, exercise):
    return page.get_by_role("checkbox", name=re.compile(rf"^done: {exercise}\. "))


def quiz_line(page):
    return page.locator(".am-quiz [role=status]").inner_text()


def on_map(page, slug=SLUG):
    return page.locator(f'.am-map > li:has(> a[href$="{slug}.html"]) .am-progress').inner_text()


def said(page):
    return page.locator(".am-kept [role=status]").inner_text()


@pytest.fixture
def open_quiet(open_page, site_url, build_dir):
    """A function that opens a page, which must not have complained after the test."""
    pages = []

    def open_it(path, from_file=False, **options):
        pages.append(open_page((build_dir / path).as_uri() if from_file else site_url + path, **options))
        return pages[-1]

    yield open_it
    for page in pages:
        assert page.record.errors == []
        assert page.record.outside == []


def test_the_first_answer_that_is_opened_for_a_question_counts(open_quiet):
    page = open_quiet(CHAPTER)
    assert quiz_line(page) == (
        "Quiz: 0 of 5 right at the first try; 5 not answered yet. The first answer that you open counts."
    )
    answer(page, 1, right=False)
    answer(page, 1, right=True)
    assert quiz_line(page) == "Quiz: 0 of 5 right at the first try; 4 not answered yet."
    answer(page, 2, right=True)
    answer(page, 2, right=False)
    assert quiz_line(page) == "Quiz: 1 of 5 right at the first try; 3 not answered yet."
    for question in (3, 4, 5):
        answer(page, question, right=True)
    assert quiz_line(page) == "Quiz: 4 of 5 right at the first try."
    assert kept(page) == {SLUG: {"exercises": [], "quiz": {"1": False, "2": True, "3": True, "4": True, "5": True}}}


def test_closing_an_answer_or_opening_all_folds_for_a_search_is_no_answer(open_quiet):
    page = open_quiet(CHAPTER)
    page.locator("details.answer").evaluate_all("folds => folds.forEach((fold) => { fold.open = true; })")
    page.locator("details.answer > summary").first.click()
    assert "5 not answered yet" in quiz_line(page)
    assert kept(page) is None


def test_start_again_closes_all_answers_and_forgets_this_quiz_only(open_quiet):
    page = open_quiet(CHAPTER)
    tick(page, 2).check()
    answer(page, 1, right=True)
    page.get_by_role("button", name="Start again").click()
    assert "5 not answered yet" in quiz_line(page)
    assert page.locator("details.answer[open]").count() == 0
    assert tick(page, 2).is_checked()
    answer(page, 1, right=False)
    assert "0 of 5 right at the first try; 4 not" in quiz_line(page)


def test_every_chapter_marks_one_answer_of_each_question_as_right(open_quiet, build_dir):
    chapters = [
        path for path in sorted((build_dir / "notebooks").glob("*.html")) if 'id="quiz"' in path.read_text("utf-8")
    ]
    assert len(chapters) >= 5
    for path in chapters:
        page = open_quiet(f"notebooks/{path.name}")
        groups = page.locator(".am-question").evaluate_all(
            "groups => groups.map(g => [g.querySelectorAll('details').length,"
            " g.querySelectorAll('[data-right=true]').length, g.ariaLabelledByElements?.[0] === g.firstElementChild])"
        )
        assert len(groups) in (4, 5)
        assert all(answers in (3, 4) and (right, named) == (1, True) for answers, right, named in groups), path.name
        assert page.locator(".am-question details").count() == page.locator("details.answer").count()
        assert page.locator(".am-exercise").count() == page.locator(".bd-article h4").count() >= 6


@pytest.mark.parametrize("from_file", [False, True], ids=["http", "file"])
def test_what_is_done_is_kept_and_the_map_shows_it(open_quiet, from_file):
    page = open_quiet(CHAPTER, from_file)
    for exercise in (1, 4, 5):
        tick(page, exercise).check()
    tick(page, 4).uncheck()
    for question in range(1, 6):
        answer(page, question, right=question < 4)
    page.reload()
    assert quiz_line(page) == "Quiz: 3 of 5 right at the first try."
    assert [tick(page, n).is_checked() for n in range(1, 9)] == [n in (1, 5) for n in range(1, 9)]
    answer(page, 4, right=True)  # the first try has been
    assert quiz_line(page) == "Quiz: 3 of 5 right at the first try."

    page.goto(page.url.split("notebooks/")[0] + "index.html")
    assert on_map(page) == "2 of 8 exercises, quiz 3 of 5"
    assert on_map(page, "03-scores") == "8 exercises, 5 quiz questions"
    assert page.locator(".am-progress").count() == page.locator(".am-map .am-done").count() >= 11


def test_two_tabs_do_not_overwrite_each_other(open_quiet):
    first = open_quiet(CHAPTER)
    second = first.context.new_page()
    second.goto(first.url.replace(SLUG, "05-context-vectors"))
    tick(first, 1).check()
    tick(second, 2).check()
    tick(first, 3).check()
    assert {slug: entry["exercises"] for slug, entry in kept(first).items()} == {
        SLUG: [1, 3],
        "05-context-vectors": [2],
    }
    third = first.context.new_page()
    third.goto(first.url)
    tick(third, 7).check()
    first.wait_for_function("document.querySelectorAll('.am-exercise input')[6].checked")


def test_all_of_it_works_by_the_keyboard_alone(open_quiet):
    page = open_quiet(CHAPTER)
    page.locator(".am-exercise input").first.focus()
    page.keyboard.press("Space")
    assert tick(page, 1).is_checked()
    page.get_by_role("button", name="Start again").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.am-question summary')")
    page.keyboard.press("Enter")
    assert "4 not answered yet" in quiz_line(page)
    assert page.locator("details.answer").first.get_attribute("open") is not None
    page.get_by_role("button", name="Start again").focus()
    page.keyboard.press("Space")
    assert "5 not answered yet" in quiz_line(page)
    assert page.evaluate("document.activeElement.textContent") == "Start again", "the focus stays"

    page.goto(page.url.split("notebooks/")[0] + "index.html")
    page.get_by_role("button", name="Export").focus()
    reached = []
    for _ in range(3):
        reached.append(page.evaluate("document.activeElement.textContent"))
        page.keyboard.press("Tab")
    assert reached == ["Export", "Import", "Clear"]
    page.get_by_role("button", name="Import").focus()
    page.locator(".am-kept input").evaluate(
        "field => field.addEventListener('click', (e) => { e.preventDefault(); window.asked = 'for a file'; })"
    )
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked") == "for a file"


def test_what_was_exported_and_cleared_comes_back_by_import(open_quiet, tmp_path):
    page = open_quiet(CHAPTER)
    tick(page, 2).check()
    answer(page, 1, right=False)
    answer(page, 2, right=True)
    before = kept(page)
    page.goto(page.url.split("notebooks/")[0] + "index.html")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == "attention-measured-progress.json"
    download.value.save_as(tmp_path / "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text("utf-8")) == saved(before)

    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Clear").click()
    assert kept(page) == before, "asked first, and not confirmed"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").click()
    assert kept(page) is None
    assert on_map(page) == "8 exercises, 5 quiz questions"
    assert said(page) == "Cleared."

    page.locator(".am-kept input").set_input_files(tmp_path / "mine.json")
    page.wait_for_function("document.querySelector('.am-progress') && document.body.innerText.includes('Imported: 3')")
    assert kept(page) == before
    assert on_map(page) == "1 of 8 exercises, quiz 1 of 5"


def test_an_import_adds_and_overwrites_nothing(open_quiet, tmp_path):
    page = open_quiet(CHAPTER)
    tick(page, 2).check()
    answer(page, 1, right=False)
    page.goto(page.url.split("notebooks/")[0] + "index.html")
    other = {
        SLUG: {"exercises": [2, 3, 3], "quiz": {"1": True, "2": True}},
        "05-context-vectors": {"exercises": [1], "quiz": {}},
    }
    page.locator(".am-kept input").set_input_files(progress_file(tmp_path, saved(other)))
    page.wait_for_function("document.body.innerText.includes('Imported: 3 new entries')")
    assert kept(page) == {
        SLUG: {"exercises": [2, 3], "quiz": {"1": False, "2": True}},
        "05-context-vectors": {"exercises": [1], "quiz": {}},
    }


GOOD = {"exercises": [1], "quiz": {"1": True}}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not JSON"),
        ('{"course": "attention-measured", "version": 1', "not JSON"),
        ("null", "not from this course"),
        ([], "not from this course"),
        ({"chapters": {}}, "not from this course"),
        (saved({SLUG: GOOD}, course="another"), "not from this course"),
        (saved({SLUG: GOOD}, version=2), "the file has version 2"),
        (saved([]), "chapters cannot be read"),
        (saved({"__proto__": GOOD, SLUG: GOOD}), "chapters cannot be read"),
        (saved({"chapter four": GOOD}), "chapters cannot be read"),
        (saved({SLUG: []}), "chapters cannot be read"),
        (saved({SLUG: {"exercises": [1]}}), "chapters cannot be read"),
        (saved({SLUG: GOOD | {"exercises": {"1": True}}}), "chapters cannot be read"),
        (saved({SLUG: GOOD | {"exercises": ["1"]}}), "chapters cannot be read"),
        (saved({SLUG: GOOD | {"exercises": [0]}}), "chapters cannot be read"),
        (saved({SLUG: GOOD | {"quiz": {"1": "yes"}}}), "chapters cannot be read"),
        (saved({SLUG: GOOD | {"quiz": {"one": True}}}), "chapters cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_was_expected(shared_map, tmp_path, content, why):
    before = kept(shared_map)
    shared_map.locator(".am-kept input").set_input_files(progress_file(tmp_path, content))
    shared_map.wait_for_function(
        "why => document.querySelector('.am-kept [role=status]').innerText.includes(why)", arg=why
    )
    assert said(shared_map).startswith("Not imported: ")
    assert '"course": "attention-measured", "version": 1 and "chapters"' in said(shared_map)
    assert kept(shared_map) == before == {SLUG: GOOD}
    shared_map.locator(".am-kept [role=status]").evaluate("line => { line.textContent = ''; }")


@pytest.fixture(scope="module")
def shared_map(open_once, site_url):
    """The map, with some progress, for all files that are refused."""
    page = open_once(site_url + "index.html")
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, json.dumps(saved({SLUG: GOOD}))])
    page.reload()
    yield page
    assert page.record.errors == []


@pytest.mark.parametrize("script", [DENIED, REFUSING], ids=["no storage", "nothing can be stored"])
def test_where_nothing_can_be_kept_the_page_works_and_says_so(open_page, site_url, script):
    page = open_page(site_url + "404.html")
    page.context.add_init_script(script)
    page.goto(site_url + CHAPTER)
    tick(page, 1).check()
    answer(page, 1, right=True)
    answer(page, 2, right=False)
    tick(page, 3).check()
    assert quiz_line(page) == "Quiz: 1 of 5 right at the first try; 3 not answered yet."
    assert [tick(page, n).is_checked() for n in (1, 2, 3)] == [True, False, True]
    notices = page.locator(".am-notice:visible").all_inner_texts()
    assert len(notices) == 2, "at the exercises and at the quiz"
    assert all("does not let this page keep anything" in notice for notice in notices)
    page.get_by_role("button", name="Start again").click()
    assert "5 not answered yet" in quiz_line(page)


@pytest.mark.parametrize("text", ["{", json.dumps(saved({}, version=2)), json.dumps(saved({SLUG: []}))])
def test_what_cannot_be_read_in_the_storage_is_left_as_it_is_until_it_is_cleared(open_quiet, text):
    page = open_quiet("index.html")
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [KEY, text])
    page.goto(page.url.replace("index.html", CHAPTER))
    tick(page, 1).check()
    assert tick(page, 1).is_checked()
    assert "left as it is" in page.locator(".am-notice:visible").first.inner_text()
    assert page.evaluate("key => localStorage.getItem(key)", KEY) == text
    page.goto(page.url.replace(CHAPTER, "index.html"))
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".am-notice:visible").count() == 0
    page.goto(page.url.replace("index.html", CHAPTER))
    tick(page, 1).check()
    assert kept(page) == {SLUG: {"exercises": [1], "quiz": {}}}


@pytest.mark.parametrize("where", [CHAPTER, "index.html"])
def test_without_javascript_nothing_of_it_shows_and_the_folds_work(open_page, site_url, where):
    page = open_page(site_url + where, java_script_enabled=False)
    assert page.locator(MADE_BY_THE_SCRIPT).count() == 0
    if where == CHAPTER:
        fold = page.locator("details.answer").first
        assert not fold.locator("p").is_visible()
        fold.locator("summary").click()
        assert fold.locator("p").is_visible()


def test_only_chapters_and_the_map_load_the_script(build_dir):
    pages = {path.relative_to(build_dir).as_posix(): path.read_text("utf-8") for path in build_dir.rglob("*.html")}
    loading = {name for name, page in pages.items() if re.search(r'<script defer="defer" src="[^"]*progress\.js', page)}
    assert loading == {name for name in pages if re.fullmatch(r"index\.html|notebooks/[^/]+\.html", name)}


@pytest.mark.parametrize("where", [CHAPTER, "index.html"])
def test_it_fits_on_a_phone_and_can_be_hit_with_a_finger(open_quiet, where):
    page = open_quiet(where, viewport={"width": 390, "height": 800}, has_touch=True)
    parts = page.locator(f"{MADE_BY_THE_SCRIPT}, .am-kept button, .am-question, .am-exercise, .am-question summary")
    boxes = [box for box in (part.bounding_box() for part in parts.all()) if box]
    assert len(boxes) > 5
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    targets = page.locator(".am-kept button, .am-quiz button, .am-exercise label, .am-question summary")
    assert all(part.bounding_box()["height"] >= 24 for part in targets.all())


@pytest.mark.parametrize("width", [390, 1280])
def test_the_map_has_room_for_the_lines_before_they_come(open_quiet, width):
    page = open_quiet("index.html", viewport={"width": width, "height": 3000})
    map_ = page.locator(".am-map")
    height = map_.evaluate("map => map.getBoundingClientRect().height")
    overlaps = map_.evaluate(
        "map => [...map.querySelectorAll('.am-progress')].filter((line) => [...line.parentElement.children].some("
        "  (e) => e !== line && e.getBoundingClientRect().bottom > line.getBoundingClientRect().top + 1)).length"
    )
    assert overlaps == 0
    map_.evaluate("map => map.querySelectorAll('.am-progress').forEach((line) => line.remove())")
    assert map_.evaluate("map => map.getBoundingClientRect().height") == height


def test_on_paper_the_quiz_stands_closed_and_without_the_buttons(open_quiet):
    page = open_quiet(CHAPTER)
    answer(page, 1, right=True)
    page.emulate_media(media="print")
    assert page.locator(".am-question").first.is_visible()
    assert page.locator("details.answer > summary").first.is_visible()
    assert page.get_by_text("The exponentials are 1, 2 and 5").is_hidden()
    heights = page.locator(".am-question").first.locator("details").evaluate_all("all => all.map(n => n.offsetHeight)")
    assert len(set(heights)) == 1, "an answer that has been opened looks like the others"
    assert page.locator(MADE_BY_THE_SCRIPT).locator("visible=true").count() == 0

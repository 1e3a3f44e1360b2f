"""The commands of tools/course.py: their pure parts, and the files that call them."""

import importlib.util
import re
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def course():
    spec = importlib.util.spec_from_file_location("course", ROOT / "tools" / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path):
    """The files that decide what is installed, small."""
    (tmp_path / "requirements.txt").write_text("torch==2.13.0\nnumpy==2.4.6\n")
    (tmp_path / "requirements-data.txt").write_text("font==1.0 --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["numpy>=2"]\n\n[tool.ruff]\nline-length = 120\n'
    )
    return tmp_path


# --- set-up ---


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("requirements.txt", "numpy==2.4.6", "numpy==2.4.7"),
        ("requirements-data.txt", "font==1.0", "font==1.1"),
        ("pyproject.toml", "numpy>=2", "numpy>=2.1"),
    ],
)
def test_a_changed_requirement_asks_for_a_new_set_up(course, tree, name, old, new):
    before = course.fingerprint(tree, "3.11")
    text = (tree / name).read_text()
    assert old in text
    (tree / name).write_text(text.replace(old, new))
    assert course.fingerprint(tree, "3.11") != before


def test_another_python_or_another_place_asks_for_a_new_set_up(course, tree, tmp_path_factory):
    before = course.fingerprint(tree, "3.11")
    assert course.fingerprint(tree, "3.12") != before
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for path in tree.iterdir():
        (elsewhere / path.name).write_bytes(path.read_bytes())
    assert course.fingerprint(elsewhere, "3.11") != before


def test_settings_of_ruff_and_other_files_ask_for_no_new_set_up(course, tree):
    before = course.fingerprint(tree, "3.11")
    pyproject = tree / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("120", "100"))
    (tree / "index.md").write_text("# New\n")
    assert course.fingerprint(tree, "3.11") == before


def set_up_with_fakes(course, monkeypatch, tree, version="3.11"):
    """Run `set_up` in a small tree with nothing installed for real; return what it did."""
    did = []
    (tree / ".venv").mkdir(exist_ok=True)
    for name, value in {"ROOT": tree, "VENV": tree / ".venv", "STAMP": tree / ".venv" / "stamp", "BUILD": tree}.items():
        monkeypatch.setattr(course, name, value)
    monkeypatch.setattr(course, "venv_version", lambda: version)
    monkeypatch.setattr(course, "make_venv", lambda: did.append("make") or "3.11")
    monkeypatch.setattr(course, "install", lambda: did.append("install"))
    course.set_up()
    return did


def test_the_second_set_up_does_nothing(course, monkeypatch, tree):
    assert set_up_with_fakes(course, monkeypatch, tree) == ["install"]
    assert set_up_with_fakes(course, monkeypatch, tree) == []


def test_an_environment_cut_off_in_the_making_is_made_again(course, monkeypatch, tree):
    set_up_with_fakes(course, monkeypatch, tree)
    course.STAMP.write_text(course.UNFINISHED)
    assert set_up_with_fakes(course, monkeypatch, tree) == ["make", "install"]


@pytest.mark.parametrize("version", [None, "3.9"])
def test_an_environment_that_does_not_run_or_is_too_old_is_made_again(course, monkeypatch, tree, version):
    assert set_up_with_fakes(course, monkeypatch, tree, version) == ["make", "install"]


def test_a_failed_installation_is_tried_again_without_starting_over(course, monkeypatch, tree):
    set_up_with_fakes(course, monkeypatch, tree)
    (tree / "requirements.txt").write_text("torch==2.14.0\n")

    def no_network():
        raise course.CourseError("no network")

    monkeypatch.setattr(course, "install", no_network)
    with pytest.raises(course.CourseError):
        course.set_up()
    assert set_up_with_fakes(course, monkeypatch, tree) == ["install"]


def test_an_installation_that_is_killed_leaves_its_mark(course, monkeypatch, tree):
    set_up_with_fakes(course, monkeypatch, tree)
    (tree / "requirements.txt").write_text("torch==2.14.0\n")

    def killed():
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "install", killed)
    with pytest.raises(KeyboardInterrupt):
        course.set_up()
    assert set_up_with_fakes(course, monkeypatch, tree) == ["make", "install"]


@pytest.mark.parametrize("installable", [True, False])
def test_a_missing_venv_module_is_installed_where_that_is_possible(course, monkeypatch, tmp_path, installable):
    installed = []

    def choose(*_):
        if not installed:
            raise course.LacksVenvError("apt install python3-venv")
        return ["python3"], "3.11"

    monkeypatch.setattr(course, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(course, "choose_python", choose)
    monkeypatch.setattr(course, "must", lambda *_: None)
    monkeypatch.setattr(course, "apt_get", lambda package: installable and not installed.append(package))
    if installable:
        assert course.make_venv() == "3.11"
        assert installed == ["python3-venv"]
    else:
        with pytest.raises(course.CourseError, match="apt install python3-venv"):
            course.make_venv()


@pytest.mark.skipif(sys.platform == "win32", reason="only Windows has no such lock")
def test_a_second_set_up_waits_for_the_first(course, monkeypatch, tmp_path):
    monkeypatch.setattr(course, "BUILD", tmp_path)
    entered = threading.Event()

    def second():
        with course.one_at_a_time("set-up"):
            entered.set()

    with course.one_at_a_time("set-up"):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.1)
    thread.join(10)
    assert entered.is_set()


def test_the_torch_pin_is_read_from_its_own_line(course):
    assert course.torch_pin("# torch==1.0\ntorchvision==0.2\ntorch==2.13.0  # first\n") == "torch==2.13.0"
    assert course.torch_pin("numpy==2.4.6\n") is None
    assert course.torch_pin((ROOT / "requirements.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("system", "machine", "wanted"),
    [
        ("Linux", "x86_64", True),
        ("Linux", "aarch64", True),
        ("Linux", "ppc64le", False),
        ("Darwin", "arm64", False),
        ("Darwin", "x86_64", False),
        ("Windows", "AMD64", False),
    ],
)
def test_pytorchs_own_index_is_asked_on_linux_only(course, system, machine, wanted):
    assert course.wants_cpu_index(system, machine) is wanted


def test_the_first_python_that_fits_and_makes_environments_is_chosen(course):
    answers = {"old": ("3.9", True), "none": (None, False), "bare": ("3.12", False), "good": ("3.11", True)}
    assert course.choose_python([[name] for name in answers], lambda command: answers[command[0]]) == (["good"], "3.11")


def test_without_a_fitting_python_the_message_says_what_is_needed_and_what_came(course):
    with pytest.raises(course.CourseError, match=r"3\.11 to 3\.13 \(found: 3\.9, 3\.14\)"):
        course.choose_python([["a"], ["b"]], lambda command: ({"a": "3.9", "b": "3.14"}[command[0]], True))


def test_a_python_without_venv_gets_the_command_that_brings_it(course):
    with pytest.raises(course.CourseError, match="apt install python3-venv"):
        course.choose_python([["bare"]], lambda command: ("3.11", False))


def test_the_supported_pythons_are_those_of_the_package_and_the_workflow(course):
    assert f'requires-python = ">={course.PYTHONS[0]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    matrix = re.search(r"python: \[(.*)\]", (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")).group(1)
    assert set(re.findall(r"[\d.]+", matrix)) == {course.PYTHONS[0], course.PYTHONS[-1]}


def test_children_get_one_thread_and_no_packages_of_another_python(course, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("MPLBACKEND", "agg")
    environment = course.steady_environment(MPLBACKEND=None, EXTRA="1")
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["EXTRA"] == "1"
    assert not {"PYTHONPATH", "MPLBACKEND"} & set(environment)


def test_a_notebook_that_a_reader_runs_gets_one_thread_as_its_page_did(course, monkeypatch):
    seen = {}
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "run", lambda command, environment=None, cwd=None: seen.update(environment or {}))
    course.lab([])
    assert {name: seen.get(name) for name in course.STEADY} == course.STEADY


def test_a_command_that_takes_too_long_or_does_not_exist_gives_no_exit_code(course):
    assert course.run_quietly([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.2) == (None, "")
    assert course.run_quietly(["no-such-command-anywhere"]) == (None, "")
    assert course.run_quietly([sys.executable, "-c", "print('so'); raise SystemExit(3)"])[0] == 3


# --- book and site ---


def test_a_warning_in_the_log_makes_the_book_red_even_with_exit_code_0(course):
    assert course.book_complaints(0, "reading\nindex.md:3: WARNING: no target\ndone\n") == [
        "index.md:3: WARNING: no target"
    ]


def test_an_exit_code_makes_the_book_red_even_without_a_warning(course):
    assert any("exit code is 2" in line for line in course.book_complaints(2, "reading\n"))


def test_a_silent_build_is_green(course):
    assert course.book_complaints(0, "reading\ndone\n") == []


def test_the_site_is_out_of_date_when_a_source_is_changed_added_or_removed(course, tmp_path):
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "page.md"
    page.write_text("one")
    first = course.source_digest(tmp_path)
    assert course.source_digest(tmp_path) == first
    page.write_text("two")
    second = course.source_digest(tmp_path)
    page.rename(tmp_path / "book" / "other.md")
    assert len({first, second, course.source_digest(tmp_path)}) == 3


@pytest.fixture
def site(course, monkeypatch, tmp_path):
    """The address of a small site that is being served."""
    monkeypatch.setattr(course, "HTML", tmp_path)
    (tmp_path / "index.html").write_text("front")
    (tmp_path / "404.html").write_text("the site's own page")
    (tmp_path / "module.js").write_text("export {}")
    with course.free_server(18000) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(server, page=""):
    return f"http://127.0.0.1:{server.server_address[1]}/{page}"


def test_the_server_answers_with_pages_and_scripts_of_the_right_type(site):
    with urllib.request.urlopen(address(site)) as answer:
        assert answer.read() == b"front"
    with urllib.request.urlopen(address(site, "module.js")) as answer:
        assert answer.headers["Content-Type"] == "text/javascript"


def test_a_missing_page_is_answered_with_the_sites_own_404(site):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(address(site, "no/such/page.html"))
    with caught.value as answer:
        assert answer.code == 404
        assert answer.read() == b"the site's own page"


def test_the_links_of_the_404_page_work_where_the_site_is_served_at_the_root(course, site):
    with urllib.request.urlopen(address(site, course.published_folder().strip("/") + "/module.js")) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(("error", "is_told"), [(ConnectionResetError("gone"), False), (ValueError("a bug"), True)])
def test_a_browser_that_goes_away_is_no_error_of_the_server(course, capsys, error, is_told):
    with course.free_server(18200) as server:
        try:
            raise error
        except type(error):
            server.handle_error(None, ("127.0.0.1", 1))
    assert ("a bug" in capsys.readouterr().err) == is_told


def test_a_second_server_takes_the_next_port(course, site):
    taken = site.server_address[1]
    with course.free_server(taken) as other:
        assert other.server_address[1] > taken


# --- test ---


def report(tests, skipped):
    return f'<testsuites><testsuite tests="{tests}" skipped="{skipped}"/></testsuites>'


@pytest.mark.parametrize(
    ("tests", "skipped", "strict", "expected"),
    [
        (5, 0, True, "passed"),
        (5, 1, True, "failed"),
        (5, 1, False, "passed"),
        (5, 5, False, "skipped"),
        (5, 5, True, "failed"),
        (0, 0, False, "failed"),
    ],
)
def test_skipped_site_tests_fail_where_a_browser_is_required(course, tests, skipped, strict, expected):
    assert course.site_result(report(tests, skipped), strict) == expected


def run_steps(course, monkeypatch, *results):
    """Run the verb `test` with steps that only return (or raise) these results."""

    def step(result):
        def body(strict):
            """A step."""
            if isinstance(result, Exception):
                raise result
            return result

        return body

    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "STEPS", tuple((f"step{i}", step(result)) for i, result in enumerate(results)))
    return course.main(["test"])


def test_the_steps_after_a_failing_one_still_run_and_the_last_line_counts_them(course, monkeypatch, capsys):
    assert run_steps(course, monkeypatch, "failed", course.CourseError("no tool"), "passed", "skipped") == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 2 failed, 1 skipped"


def test_a_skipped_step_alone_is_no_failure(course, monkeypatch):
    assert run_steps(course, monkeypatch, "passed", "skipped") == 0


@pytest.mark.parametrize(("arguments", "ci"), [(["--require-browser"], ""), ([], "true")])
def test_without_a_browser_the_site_step_fails_only_where_it_is_required(
    course, monkeypatch, tmp_path, capsys, arguments, ci
):
    (tmp_path / "index.html").write_text("front")
    monkeypatch.setattr(course, "HTML", tmp_path)
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "get_browser", lambda: None)
    monkeypatch.setenv("CI", "")
    assert course.main(["test", "site"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed, 1 skipped"
    monkeypatch.setenv("CI", ci)
    assert course.main(["test", "site", *arguments]) == 1


def test_an_unknown_step_or_verb_is_named(course, capsys):
    assert course.main(["test", "sight"]) == 1
    assert "'sight'" in capsys.readouterr().out
    assert course.main(["bok"]) == 2
    assert "'bok'" in capsys.readouterr().out


def test_clean_finds_caches_and_the_build_but_nothing_in_the_environment(course, tmp_path):
    for folder in ("_build/html", "attnlib/__pycache__", ".venv/lib/__pycache__", ".git/_build", "book/chapters"):
        (tmp_path / folder).mkdir(parents=True)
    found = {path.relative_to(tmp_path).as_posix() for path in course.litter(tmp_path)}
    assert found == {"_build", "attnlib/__pycache__"}


# --- the files that call the verbs ---


def test_help_lists_every_verb_with_its_line(course, capsys):
    assert course.main(["help"]) == 0
    listed = re.findall(r"^  (\w+) +\S.*\.$", capsys.readouterr().out, flags=re.MULTILINE)
    assert listed == list(course.VERBS)
    assert {"book", "serve", "lab", "test", "notebooks", "results", "format", "bench", "clean", "help"} <= set(listed)


def test_make_knows_the_same_verbs(course):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.search(r"^VERBS = (.*)$", makefile, flags=re.MULTILINE).group(1).split()) == set(course.VERBS)


def test_workflows_and_ci_call_verbs_that_exist(course):
    called = {}
    for path in [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / ".ci/run"]:
        called[path.name] = set(re.findall(r"(?:make|course\.py) (\w+)", path.read_text(encoding="utf-8")))
    assert called == {"test.yml": {"test"}, "publish.yml": {"book"}, "run": {"test"}}
    assert {"test", "book"} <= set(course.VERBS)


def pins(path):
    return dict(re.findall(r"^([\w-]+)==(\S+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_binder_installs_the_same_versions():
    binder, course_pins = pins(ROOT / ".binder/requirements.txt"), pins(ROOT / "requirements.txt")
    assert {"torch", "numpy", "matplotlib"} <= set(binder)
    assert binder.items() <= course_pins.items()


def test_binder_and_the_script_ask_the_same_index(course):
    assert f"--extra-index-url {course.TORCH_CPU_INDEX}\n" in (ROOT / ".binder/requirements.txt").read_text()


def test_lab_serves_the_whole_course_so_that_links_of_the_notebooks_to_the_book_open(course, monkeypatch):
    commands = []
    monkeypatch.setattr(course, "set_up", lambda: None)
    monkeypatch.setattr(course, "run", lambda command, *rest, **options: commands.append(command) or 0)
    assert course.lab(["--no-browser"]) == 0
    assert f"--ServerApp.root_dir={course.ROOT}" in commands[0]
    assert f"--ServerApp.preferred_dir={course.ROOT / 'notebooks'}" in commands[0]
    assert commands[0][-1] == "--no-browser"

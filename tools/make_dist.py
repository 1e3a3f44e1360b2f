"""Make what can be handed on without a network -> dist/: the book as a PDF, a zip of site and notebooks, checksums.

`make dist` builds the site and then calls this. The zip has the same bytes for the same contents.
"""

import hashlib
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import browser
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
SINGLE = ROOT / "_build" / "singlehtml"
DIST = ROOT / "dist"
# What stands beside the site: all that runs the notebooks. `pip install .` in the unpacked folder installs the package.
COURSE = ["notebooks", "attnlib", "README.md", "LICENSE", "LICENSE-TEXT", "pyproject.toml", "CITATION.cff"]
COURSE += ["requirements.txt", "requirements-data.txt"]
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip knows
NUMBER = '<div style="font-size: 8px; text-align: center; width: 100%"><span class="pageNumber"></span></div>'

PAPER = {
    "format": "A4",
    "scale": 0.72,
    "margin": {"top": "16mm", "bottom": "18mm", "left": "20mm", "right": "20mm"},
    "tagged": True,
    "outline": True,
    "display_header_footer": True,
    "header_template": "<span></span>",
    "footer_template": NUMBER,
}


def name():
    """The name that all files begin with: the course and its version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"attention-measured-{project['version']}"


def build_single_page():
    """Build the whole book as one page, for printing."""
    command = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", "-W", "-n", "--keep-going", "--builder", "singlehtml", "."]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode or "WARNING" in done.stdout + done.stderr:
        sys.exit(f"The single page has faults:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return SINGLE / "index.html"


def start_browser(playwright):
    """Start the browser that prints."""
    as_root = sys.platform == "linux" and os.geteuid() == 0
    arguments = ["--disable-gpu", *["--no-sandbox"] * as_root]
    return playwright.chromium.launch(executable_path=browser.find_browser(), args=arguments)


def print_book(chromium, page, target):
    """Print a page to a PDF with an outline, page numbers, and tags for screen readers."""
    tab = chromium.new_page()
    tab.set_default_timeout(180_000)
    tab.goto(page.as_uri())
    tab.evaluate("document.fonts.ready")
    tab.pdf(path=target, **PAPER)
    tab.close()


def contents(root):
    """The files of the zip: their name in it -> where they are."""
    found = {
        f"site/{path.relative_to(root / '_build' / 'html').as_posix()}": path
        for path in files(root / "_build" / "html")
    }
    for part in COURSE:
        for path in files(root / part):
            found[path.relative_to(root).as_posix()] = path
    return found | {"START-HERE.txt": root / "book" / "start-here.txt"}


def files(path):
    """All files of a folder, without caches; a file itself."""
    if path.is_file():
        return [path]
    caches = {"__pycache__", ".ipynb_checkpoints"}
    return [file for file in sorted(path.rglob("*")) if file.is_file() and not caches & set(file.parts)]


def pack(found, target, folder):
    """Write a zip whose bytes depend on the contents alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for where, path in sorted(found.items()):
            entry = zipfile.ZipInfo(f"{folder}/{where}", EARLIEST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, path.read_bytes())


def checksums(paths):
    """The lines of SHA256SUMS, which `sha256sum --check` reads."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


def main():
    """Make the three files."""
    if not (SITE / "index.html").is_file():
        sys.exit(f"There is no site in {SITE}: build the book first (make book).")
    DIST.mkdir(exist_ok=True)
    pdf, archive = DIST / f"{name()}.pdf", DIST / f"{name()}.zip"
    page = build_single_page()
    with sync_playwright() as playwright:
        chromium = start_browser(playwright)
        print_book(chromium, page, pdf)
        chromium.close()
    pack(contents(ROOT), archive, name())
    (DIST / "SHA256SUMS").write_text(checksums([pdf, archive]), encoding="ascii", newline="\n")
    for path in (pdf, archive, DIST / "SHA256SUMS"):
        print(f"  {path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

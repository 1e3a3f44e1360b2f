"""Links to the repository: buttons, the "edit" link and the links of the 404 page, all from one constant.

The constant is `[project.urls] repository` in pyproject.toml. Chapters are pages made from notebooks that are
themselves built from text, so their "edit" link points at the text.
"""

import posixpath
import re
import shutil
import tomllib
from pathlib import Path, PurePosixPath
from urllib.parse import urlencode, urlsplit

NOT_FOUND = "book/404"


def read_repository(app, config):
    """Give the theme the address of the repository."""
    project = tomllib.loads((Path(app.srcdir) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    config.html_theme_options["repository_url"] = project["urls"]["repository"].rstrip("/")


def source_of(pagename):
    """Return the text that a page is made from: the chapter's text for a notebook, the page's own otherwise."""
    path = PurePosixPath(pagename)
    return f"book/chapters/{path.name}.md" if path.parts[0] == "notebooks" else f"{pagename}.md"


def add_links(app, pagename, templatename, context, doctree):
    """Give the templates the address of the repository and of the page's text."""
    url = app.config.html_theme_options["repository_url"]
    branch = app.config.html_theme_options["repository_branch"]
    context["repository"] = url
    if doctree is None or pagename == NOT_FOUND:
        return
    context["edit_url"] = f"{url}/edit/{branch}/{source_of(pagename)}"
    context["report_url"] = f"{url}/issues/new?{urlencode({'title': f'{pagename}: '})}"
    if pagename.startswith("notebooks/"):
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{ways_to_run(url, branch, pagename)}", 1)


def ways_to_run(url, branch, pagename):
    """Return the line under a chapter's title that says where its notebooks can be run, without a menu or a script."""
    exercises = f"notebooks/exercises/{PurePosixPath(pagename).name}-exercises"
    up = "../" * pagename.count("/")
    chapter = places(url, branch, pagename, f"{up}_sources/{pagename}.ipynb", "download the notebook")
    alone = places(url, branch, exercises, f"{up}{exercises}.ipynb", "download them")
    return f'<p class="am-run">Run this chapter: {chapter}. Its exercises, without the solutions: {alone}.</p>'


def places(url, branch, notebook, file, download):
    """Return links to run a notebook on Colab and Binder and to download it."""
    repository = urlsplit(url).path
    binder = f"https://mybinder.org/v2/gh{repository}/{branch}?urlpath=lab/tree/{notebook}.ipynb"
    return (
        f'<a href="https://colab.research.google.com/github{repository}/blob/{branch}/{notebook}.ipynb">on Colab</a>, '
        f'<a href="{binder}">on Binder</a>, or <a href="{file}" download>{download}</a>'
    )


def publish_exercises(app, exception):
    """Copy the student notebooks next to the chapters' pages. They are no pages themselves."""
    if (
        app.builder.format == "html"
        and not exception
        and (source := Path(app.srcdir) / "notebooks" / "exercises").is_dir()
    ):
        shutil.copytree(source, Path(app.outdir) / "notebooks" / "exercises", dirs_exist_ok=True)


def place_not_found(app, exception):
    """Move the 404 page to the root of the site, where a server looks for it.

    The server shows it at any depth, so its links start at the site's root: the path of `html_baseurl` where one is
    set, otherwise the folder with the repository's name, as GitHub Pages publishes it.
    """
    built = Path(app.outdir) / f"{NOT_FOUND}.html"
    if exception or not built.is_file():
        return
    repository = PurePosixPath(urlsplit(app.config.html_theme_options["repository_url"]).path).name
    root = urlsplit(app.config.html_baseurl).path or f"/{repository}/"

    def from_root(match):
        attribute, link = match.groups()
        path = posixpath.normpath(posixpath.join(root, posixpath.dirname(NOT_FOUND), link))
        return f'{attribute}="{path}{"/" * link.endswith("/")}"'

    page = built.read_text(encoding="utf-8")
    page = re.sub(r'\b(href|src|action|data-content_root)="(?![a-z]+:|/|#)([^"]*)"', from_root, page)
    (Path(app.outdir) / "404.html").write_text(page, encoding="utf-8")
    built.unlink()


def setup(app):
    """Connect to the build."""
    app.connect("config-inited", read_repository)
    app.connect("html-page-context", add_links)
    app.connect("build-finished", publish_exercises)
    app.connect("build-finished", place_not_found, priority=750)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

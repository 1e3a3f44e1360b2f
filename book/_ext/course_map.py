"""The map of the course, and routes through it: prerequisites from book/map.toml, minutes from the chapters' texts.

`{course-map}` draws which chapter leads to which and lists all chapters. `{course-route}` is a table of weeks: each
line of it is a week's chapters, with numbers of exercises behind a colon, and the minutes are summed.
"""

import html
import re
import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from attnlib.checks.chapters import FINISHED, TITLES

DATA = "book/map.toml"
MINUTES = re.compile(r"\*Reading: (\d+) minutes\. Exercises: (\d+) minutes")
EXERCISE = re.compile(r"^#### (\d+)\. (.+) \((\d+) minutes\)", re.M)
STEP, RADIUS = (68, 62), 20  # between the columns and rows of the drawing; of a chapter in it


def read_map(folder):
    """Return what is known of each chapter: number -> title, question, needs, helps, short, at, slug, text."""
    chapters = {}
    for number, entry in tomllib.loads((Path(folder) / DATA).read_text(encoding="utf-8")).items():
        n = int(number)
        chapters[n] = {"title": TITLES[n], "needs": [], "helps": [], "short": False, "slug": None, **entry}
        for path in (Path(folder) / "book" / "chapters").glob(f"{n:02}-*.md"):
            chapters[n] |= {"slug": path.stem, "text": path.read_text(encoding="utf-8")}
    return chapters


def minutes(chapter):
    """Return the minutes for reading a chapter, and those for its exercises."""
    return tuple(map(int, MINUTES.search(chapter["text"]).groups()))


def nearest(number, chapters):
    """Return what a chapter needs without what is needed by another of these: the lines of the drawing."""
    needs = chapters[number]["needs"]
    return [n for n in needs if not any(n in all_needs(other, chapters) for other in needs)]


def all_needs(number, chapters):
    """Return all chapters that stand before one."""
    needs = chapters[number]["needs"]
    return {*needs, *(before for n in needs for before in all_needs(n, chapters))}


def listed(words):
    """Join words as a sentence does.

    Example:
        >>> listed(["3", "4", "5"])
        '3, 4 and 5'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def address(chapter, up=""):
    """Return where a chapter's page is, seen from a page at the root, or behind `up`."""
    return f"{up}notebooks/{chapter['slug']}.html"


def drawing(chapters):
    """Return the map as an SVG: a circle for each chapter, linked where it is finished, and lines to what it needs."""
    place = {n: [RADIUS + 6 + step * at for step, at in zip(STEP, c["at"], strict=True)] for n, c in chapters.items()}
    lines, circles = "", ""
    for n, chapter in chapters.items():
        (x, y), state = place[n], "am-done" if n in FINISHED else "am-open"
        kind = f"{state} am-short" if chapter["short"] else state
        for before in nearest(n, chapters):
            short = chapter["short"] and chapters[before]["short"]
            (u, v), middle = place[before], (place[before][1] + y) / 2
            path = f"M{u} {v + RADIUS}C{u} {middle} {x} {middle} {x} {y - RADIUS}"
            lines += f'<path class="{"am-short" if short else "am-other"}" d="{path}"/>\n'
        ring = f'<circle class="am-ring" cx="{x}" cy="{y}" r="{RADIUS + 4}"/>' if chapter["short"] else ""
        circle = f'<circle cx="{x}" cy="{y}" r="{RADIUS}"/><text x="{x}" y="{y + 5}">{n}</text>'
        name = html.escape(f"{n}. {chapter['title']}")
        if n in FINISHED:
            circles += f'<a class="{kind}" href="{address(chapter)}"><title>{name}</title>'
            circles += f"{ring}{circle}</a>\n"
        else:
            circles += f'<g class="{kind}"><title>{name} (to come)</title>{ring}{circle}</g>\n'
    width, height = (2 * RADIUS + 12 + step * most for step, most in zip(STEP, (4, 8), strict=True))
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" '
        f'aria-label="Which chapter leads to which; the list says the same in words">\n{lines}{circles}</svg>'
    )


def entry(number, chapter, chapters):
    """Return the map's item for one chapter."""
    title, question = html.escape(chapter["title"]), html.escape(chapter["question"], quote=False)
    if number not in FINISHED:
        return f"<li>{title} <span>to come</span> <p>{question}</p></li>"
    reading, exercises = minutes(chapter)

    def name(n):
        return html.escape(f"{n}. {chapters[n]['title']}")

    def links(numbers):
        return listed([f'<a href="{address(chapters[n])}" aria-label="{name(n)}">{n}</a>' for n in numbers])

    needs = f"Needs {links(chapter['needs'])}." if chapter["needs"] else "Needs no other chapter."
    if chapter["helps"]:
        needs += f" What it uses of {links(chapter['helps'])} is told again."
    return (
        f'<li class="am-done"><a href="{address(chapter)}">{title}</a> '
        f"<span>{reading} minutes, and {exercises} for the exercises</span> <p>{question}</p>"
        f'<p class="am-needs">{needs}</p></li>'
    )


class CourseMap(SphinxDirective):
    """The drawing and the list."""

    def run(self):
        """Return them as HTML."""
        chapters = read_map(self.env.srcdir)
        note_sources(self.env, chapters)
        items = "\n".join(entry(n, chapter, chapters) for n, chapter in chapters.items())
        key = (
            "A line leads down from what is needed. Filled: finished. Ringed, with thick lines: the short course. "
            "Dashed: to come."
        )
        figure = f'<div class="am-road">{drawing(chapters)}<p>{key}</p></div>'
        return [nodes.raw("", f'{figure}\n<ol class="am-map" start="0">\n{items}\n</ol>', format="html")]


class CourseRoute(SphinxDirective):
    """A table of weeks; a line such as `3: 1 4, 4: 2 5` is a week with chapters 3 and 4 and some of their exercises."""

    has_content = True

    def run(self):
        """Return the table."""
        chapters = read_map(self.env.srcdir)
        note_sources(self.env, chapters)
        head = ["week", "read", "exercises to assign", "reading", "exercises", "together"]
        rows = []
        for week, line in enumerate(self.content, 1):
            read, assign, minutes_read, minutes_assigned = [], [], 0, 0
            for part in line.split(","):
                number, _, chosen = part.partition(":")
                chapter = chapters[int(number)]
                known = {n: int(length) for n, _, length in EXERCISE.findall(chapter["text"])}
                read.append(f"[{int(number)}. {chapter['title']}](../notebooks/{chapter['slug']}.ipynb)")
                assign.append(f"chapter {int(number)}: {listed(chosen.split())}")
                minutes_read += minutes(chapter)[0]
                minutes_assigned += sum(known[n] for n in chosen.split())
            total = minutes_read + minutes_assigned
            rows.append(
                [week, "; ".join(read), "; ".join(assign), *map(hours, (minutes_read, minutes_assigned, total))]
            )
        lines = [head, ["---"] * len(head), *rows]
        return self.parse_text_to_nodes("\n".join(f"| {' | '.join(map(str, line))} |" for line in lines))


def hours(minutes):
    """Return a time as hours and minutes.

    Example:
        >>> hours(185)
        '3 h 05'
    """
    return f"{minutes // 60} h {minutes % 60:02}"


def note_sources(env, chapters):
    """Build the page again when the data or a chapter's text changes."""
    env.note_dependency(str(Path(env.srcdir) / DATA))
    for chapter in chapters.values():
        if chapter["slug"]:
            env.note_dependency(str(Path(env.srcdir) / "book" / "chapters" / f"{chapter['slug']}.md"))


def setup(app):
    """Connect to the build."""
    app.add_directive("course-map", CourseMap)
    app.add_directive("course-route", CourseRoute)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

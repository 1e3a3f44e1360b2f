"""What a reader has done: progress.js goes to the chapters and to the map, which is told how much there is to do.

The script adds everything that is seen. How many exercises and questions a chapter has is counted in its text, so
that the map can say "2 of 8 exercises, quiz 3 of 5" without opening the chapter.
"""

import json
import re
from pathlib import Path

MAP = "index"
EXERCISE = re.compile(r"^#### \d+\. ", re.M)
QUESTION = re.compile(r"^\*\*\d+\. ", re.M)


def count(text):
    """Return how many exercises and quiz questions the text of a chapter has."""
    quiz = text.partition("\n## Quiz\n")[2].partition("\n## ")[0]
    return {"exercises": len(EXERCISE.findall(text)), "questions": len(QUESTION.findall(quiz))}


def add_progress(app, pagename, templatename, context, doctree):
    """Give the script to the chapters and to the map, and the counts to the map."""
    if pagename.startswith("notebooks/") or pagename == MAP:
        app.add_js_file("progress.js", loading_method="defer")
    if pagename == MAP:
        texts = sorted((Path(app.srcdir) / "book" / "chapters").glob("*.md"))
        counts = json.dumps({path.stem: count(path.read_text(encoding="utf-8")) for path in texts})
        context["body"] += f'<script type="application/json" id="am-chapters">{counts}</script>\n'


def look_again(app, env, added, changed, removed):
    """Build the map again with every build: its counts come from other files."""
    return [MAP]


def setup(app):
    """Connect to the build."""
    app.connect("env-get-outdated", look_again)
    app.connect("html-page-context", add_progress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Explorers on the page: figures to play with, alive without a server.

A notebook stores an explorer as `<div class="am-explorer" data-explorer="kind" data-state="...">snapshot</div>`. A page
that has some gets, once per kind, the source of the explorer's ES module (as data: explorers.js imports it from a blob
URL, which works over http and from a file), their style sheet and the host script. Other pages get none of it.
"""

import importlib
import json
import re

from lean import trim

EXPLORER = re.compile(r'<div\b[^>]*\bdata-explorer="([\w-]+)"')


def as_data(text):
    """Return a text as JSON that can stand inside a <script>: no `<` can end it early."""
    return json.dumps(text).replace("<", "\\u003c")


def add_explorers(app, pagename, templatename, context, doctree):
    """Give a page the modules of the explorers it shows."""
    kinds = sorted(set(EXPLORER.findall(context.get("body", ""))))
    if not kinds:
        return
    package = importlib.import_module("attnlib.explorers")
    sources = {kind: package.module_source(kind) for kind in kinds}
    words = set(re.findall(r"[\w-]+", "".join([context["body"], *sources.values()])))
    styles = trim(package.styles(), words).replace("</", "<\\/")  # other pages' figures have rules of their own
    context["metatags"] = context.get("metatags", "") + f"\n<style>{styles}</style>\n"
    for kind, text in sources.items():
        source = as_data(text)
        context["body"] += f'<script type="text/plain" data-explorer-module="{kind}">{source}</script>\n'
    app.add_js_file("explorers.js", loading_method="defer")


def setup(app):
    """Connect to the build."""
    app.connect("html-page-context", add_explorers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

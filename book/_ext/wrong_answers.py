"""Tables of the wrong answers that attnlib's checks know, made while the book is built by running every check.

`{wrong-answers} softmax` is the table of one check: is each wrong answer rejected, and is it named? `{checks-summary}`
counts them for all checks, `{reported-answers}` shows what the checks say about the wrong code in the tests that was
reported elsewhere, and `{general-mistakes}` lists what any function can have.
"""

import functools
import runpy
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from attnlib import checks
from attnlib.checks.general import GENERAL


@functools.cache
def verdicts(name):
    """Return (mistake, report) for every wrong answer in the bank of a check."""
    check = checks.ALL[name]
    return [(mistake, check(check.answer.function(mistake.forms[0]))) for mistake in check.bank.mistakes]


def others_named(mistake, report):
    """Return what a report names besides a mistake, because the numbers are the same; None if it misses the mistake."""
    causes = (report.cause or "").split(" or ")
    return [cause for cause in causes if cause != mistake.id] if mistake.id in causes else None


def verdict(mistake, report):
    """Say in words what a check makes of a wrong answer."""
    if report.passed:
        return "ACCEPTED"
    others = others_named(mistake, report)
    if others is None:
        return "rejected, not named"
    return f"rejected, named jointly with {', '.join(others)}" if others else "rejected, named"


def table(headers, rows, widths=None):
    """Return a table, of fixed shares where widths are given; a cell is a list of paragraphs, code in backquotes."""
    group = nodes.tgroup(cols=len(headers))
    group += [nodes.colspec(colwidth=width) for width in widths or [1] * len(headers)]
    head, body = nodes.thead(), nodes.tbody()
    head += table_row([[text] for text in headers])
    for row in rows:
        body += table_row(row)
    group += [head, body]
    return nodes.table("", group, classes=["am-fixed", "colwidths-given"] if widths else [])


def table_row(cells):
    """Return one row of a table."""
    return nodes.row("", *(nodes.entry("", *map(paragraph, cell)) for cell in cells))


def paragraph(text):
    """Return a paragraph; what stands between backquotes is code."""
    parts = text.split("`")
    return nodes.paragraph("", "", *(nodes.literal("", x) if n % 2 else nodes.Text(x) for n, x in enumerate(parts)))


class WrongAnswers(SphinxDirective):
    """The table of one check."""

    required_arguments = 1

    def run(self):
        """Build the table."""
        if self.arguments[0] not in checks.ALL:
            raise ExtensionError(f"no check {self.arguments[0]!r}; there are: {', '.join(checks.ALL)}")
        rows = []
        for mistake, report in verdicts(self.arguments[0]):
            changed = [f"`{name} = {expression}`" for name, expression in mistake.forms[0].items()]
            told = mistake.hint[0].upper() + mistake.hint[1:]
            rows.append(([f"`{mistake.id}`"], [told, *changed], [verdict(mistake, report)]))
        return [table(["id", "what the learner is told, and the wrong line", "verdict"], rows, [26, 50, 24])]


class ChecksSummary(SphinxDirective):
    """How many wrong answers each check knows, rejects and names."""

    def run(self):
        """Build the table."""
        rows = []
        for name, check in checks.ALL.items():
            named = sum(others_named(mistake, report) is not None for mistake, report in verdicts(name))
            rejected = sum(not report.passed for _, report in verdicts(name))
            counts = len(check.examples), len(verdicts(name)), rejected, named
            rows.append(([f"`{name}`"], *([str(count)] for count in counts)))
        headers = ["check", "examples", "wrong answers", "rejected", "named"]
        return [table(headers, rows, [36, 16, 16, 16, 16])]


class ReportedAnswers(SphinxDirective):
    """What the checks say about wrong code of the kinds reported elsewhere."""

    def run(self):
        """Build the table."""
        path = Path(self.env.srcdir) / "tests" / "reported_answers.py"
        self.env.note_dependency(str(path))
        rows = []
        for answer in runpy.run_path(str(path))["REPORTED"]:
            report = checks.ALL[answer.check](answer.function)
            said = f"named `{report.cause}`" if report.cause else "rejected"
            rows.append(
                ([answer.thread], [f"`{answer.check}`: {answer.wrong}"], ["ACCEPTED" if report.passed else said])
            )
        return [table(["reported in", "what is wrong", "verdict"], rows, [34, 42, 24])]


class GeneralMistakes(SphinxDirective):
    """What any function can have."""

    def run(self):
        """Build the table."""
        rows = [([f"`{name}`"], [words[0].upper() + words[1:]]) for name, words in sorted(GENERAL.items())]
        return [table(["id", "what the learner is told"], rows, [30, 70])]


def setup(app):
    """Connect to the build."""
    app.add_directive("wrong-answers", WrongAnswers)
    app.add_directive("checks-summary", ChecksSummary)
    app.add_directive("reported-answers", ReportedAnswers)
    app.add_directive("general-mistakes", GeneralMistakes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

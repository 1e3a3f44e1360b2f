"""What a check tells the learner: the same words in a notebook, in a terminal and as plain text."""

import html
import re
from dataclasses import dataclass
from typing import NamedTuple


class Points(NamedTuple):
    """How many points the public checks give, of how many."""

    earned: int
    possible: int

    def __str__(self):
        return f"{self.earned} of {self.possible}"


@dataclass(frozen=True)
class Report:
    """The result of a check. It is true in a condition where the answer passed.

    Attributes:
        passed: whether every example that decides came out right.
        cause: the id of the recognised mistake, "a + b" for two at once, "a or b" where two give the same numbers,
            or None.
        points: how many points the public checks give, of how many.
        title: the first line.
        evidence: lines of numbers, to be shown in columns.
        advice: what is likely wrong, and where to read.
        closing: points, and what was not checked.
    """

    passed: bool
    cause: str | None
    points: Points
    title: str
    evidence: tuple[str, ...]
    advice: tuple[str, ...]
    closing: str

    @property
    def message(self):
        """The whole report as plain text."""
        mark = "ok" if self.passed else "x"
        lines = [f"{mark} {self.title}", *(f"    {line}" for line in self.evidence)]
        return "\n".join([*lines, *(f"  {line}" for line in (*self.advice, self.closing))])

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return self.message

    def _repr_html_(self):
        """The report for a notebook; it takes the colours of its surroundings, light or dark."""
        mark, colour = ("\N{CHECK MARK}", "#0072b2") if self.passed else ("\N{MULTIPLICATION SIGN}", "#d55e00")
        parts = [f"<p style='margin:0'><strong>{mark} {html.escape(self.title)}</strong></p>"]
        if self.evidence:
            numbers = html.escape("\n".join(self.evidence))
            style = "margin:.4em 0;padding:0;background:none;color:inherit;border:0;overflow-x:auto"
            parts.append(f"<pre style='{style}'>{numbers}</pre>")
        for line in (*self.advice, self.closing):
            words = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))
            parts.append(f"<p style='margin:.3em 0 0'>{words}</p>")
        box = f"border-left:4px solid {colour};padding:.2em 0 .2em .9em;margin:.3em 0;text-align:left"
        return f"<div style='{box}'>\n" + "\n".join(parts) + "\n</div>"


def closing_line(points, not_checked):
    """The last line of a report: what it claims, and what it does not."""
    return f"Public checks: {points} points. Not checked here: {not_checked}."

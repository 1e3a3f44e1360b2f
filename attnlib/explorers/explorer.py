"""What all explorers share: where the module's source is, and how the object shows itself."""

import html
import json
import math
from pathlib import Path

import anywidget
import traitlets

FOLDER = Path(__file__).parent
# Every picture begins with the place of the controls, which the module makes, and ends with what it says aloud.
CONTROLS = """<div data-slot="controls"></div>
<noscript><p>This figure can be played with where JavaScript is on. Here it shows its first state.</p></noscript>"""
# In a saved notebook the picture stands without its styles, and its drawings would be large and black. There they are
# left out, and a line says how to see them; the style sheet shows the drawings and hides the line.
UNSTYLED = '<p class="am-unstyled">Run this cell to see the whole figure and to use its controls.</p>'
STATUS = '<p data-part="status" role="status" class="am-hidden"></p>'


def module_source(kind):
    """The ES module of an explorer, with the shared functions in front: it stands alone and imports nothing.

    Args:
        kind: the name of the explorer's file, for example "scores_to_weights".

    Returns:
        JavaScript that exports `{ render({ model, el }) }`, as anywidget wants it.

    Raises:
        ValueError: if there is no such explorer.

    Example:
        >>> "export default" in module_source("scores_to_weights")
        True
    """
    path = FOLDER / f"{kind}.js"
    if kind == "shared" or not path.is_file():
        known = sorted(p.stem for p in FOLDER.glob("*.js") if p.stem != "shared")
        raise ValueError(f"unknown explorer {kind!r}; there are: {', '.join(known)}")
    return (FOLDER / "shared.js").read_text(encoding="utf-8") + path.read_text(encoding="utf-8")


def styles():
    """The style sheet of all explorers, as CSS text."""
    return (FOLDER / "explorers.css").read_text(encoding="utf-8")


def arrow_path(x, y):
    """An arrow from the origin to (x, y), as the `d` of an SVG path; shared.js has the same.

    Example:
        >>> arrow_path(2.0, 0.0)
        'M0 0L2.00 0.00M1.60 -0.20L2.00 0.00L1.60 0.20'
    """
    length = math.hypot(x, y)
    if length == 0:
        return "M0 0"
    u, v = 0.4 * x / length, 0.4 * y / length
    places = [(x, y), (x - u + v / 2, y - v - u / 2), (x, y), (x - u - v / 2, y - v + u / 2)]
    return "M0 0L{}M{}L{}L{}".format(*(f"{a + 0.0:.2f} {b + 0.0:.2f}" for a, b in places))


class Explorer(anywidget.AnyWidget):
    """Base class. A subclass has a `kind` and a `label`, traits as its state, and draws itself in `picture`."""

    kind = ""  # the name of its ES module
    label = ""  # what a screen reader calls the whole
    # What the module finds in an empty element; on the static page the picture is there already.
    snapshot = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        if "kind" in vars(cls):  # traitlets makes further subclasses of its own, which inherit both
            cls._esm, cls._css = module_source(cls.kind), styles()
        super().__init_subclass__(**kwargs)

    def __init__(self, **state):
        super().__init__(**state)
        self.snapshot = self.picture()

    def state(self):
        """The state that the picture shows: name -> value, as JSON knows them."""
        own = set(self.traits(sync=True)) - set(Explorer.class_traits(sync=True))
        return {name: getattr(self, name) for name in sorted(own) if not name.startswith("_")}

    def picture(self):
        """The picture of the present state, as HTML."""
        raise NotImplementedError

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.state().items())})"

    def _repr_mimebundle_(self, **kwargs):
        """Live view for Jupyter, and for everyone else the picture together with the state it shows."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data["text/plain"] = repr(self)
        state = html.escape(json.dumps(self.state()), quote=True)
        picture = self.picture().replace("<svg ", '<svg display="none" ')
        data["text/html"] = (
            f'<div class="am-explorer" role="group" aria-label="{self.label}" '
            f'data-explorer="{self.kind}" data-state="{state}">\n{UNSTYLED}\n{picture}\n</div>'
        )
        return data, metadata


def minus(text):
    """A number as text, with a minus sign in place of the hyphen."""
    return text.replace("-", "\N{MINUS SIGN}")


def fixed(number, digits):
    """A number with so many decimals and a minus sign, and never a minus before zeros; shared.js has the same."""
    return minus(f"{number:z.{digits}f}")


def bar(share):
    """A bar for a number between 0 and 1, as an SVG, because printers leave background colours out."""
    return (
        '<svg class="am-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect data-part="bar" width="{100 * share:.2f}" height="10"></rect></svg>'
    )

"""Interactives that run in the page without a server and live in Jupyter.

An explorer is one Python class and one small ES module of the same name. The class draws the picture as plain HTML
and SVG, which is what a reader sees without JavaScript and in print; the module brings the same picture to life by
updating it in place. In Jupyter anywidget runs the module; on the static page the site's own host script does.
"""

from attnlib.explorers.context_in_hull import ContextInHull
from attnlib.explorers.explorer import Explorer, module_source, styles
from attnlib.explorers.real_heads import RealHeads
from attnlib.explorers.scores_to_weights import ScoresToWeights
from attnlib.explorers.split_into_heads import SplitIntoHeads
from attnlib.explorers.two_vectors import TwoVectors
from attnlib.explorers.who_may_be_asked import WhoMayBeAsked
from attnlib.explorers.width_and_softmax import WidthAndSoftmax

__all__ = [
    "ContextInHull",
    "Explorer",
    "RealHeads",
    "ScoresToWeights",
    "SplitIntoHeads",
    "TwoVectors",
    "WhoMayBeAsked",
    "WidthAndSoftmax",
    "module_source",
    "styles",
]

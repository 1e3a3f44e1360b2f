"""Interactives that run in the page without a server and live in Jupyter.

An explorer is one Python class and one small ES module of the same name. The class draws the picture as plain HTML
and SVG, which is what a reader sees without JavaScript and in print; the module brings the same picture to life by
updating it in place. In Jupyter anywidget runs the module; on the static page the site's own host script does.
"""

from attnlib.explorers.alignment_map import AlignmentMap
from attnlib.explorers.context_in_hull import ContextInHull
from attnlib.explorers.copies_by_length import CopiesByLength
from attnlib.explorers.decoder_steps import DecoderSteps
from attnlib.explorers.drop_and_tie import DropAndTie
from attnlib.explorers.explorer import Explorer, module_source, styles
from attnlib.explorers.paint_a_mask import PaintAMask
from attnlib.explorers.position_clocks import PositionClocks
from attnlib.explorers.real_heads import RealHeads
from attnlib.explorers.scores_to_weights import ScoresToWeights
from attnlib.explorers.shuffled_tokens import ShuffledTokens
from attnlib.explorers.split_into_heads import SplitIntoHeads
from attnlib.explorers.two_vectors import TwoVectors
from attnlib.explorers.who_may_be_asked import WhoMayBeAsked
from attnlib.explorers.width_and_softmax import WidthAndSoftmax

__all__ = [
    "AlignmentMap",
    "ContextInHull",
    "CopiesByLength",
    "DecoderSteps",
    "DropAndTie",
    "Explorer",
    "PaintAMask",
    "PositionClocks",
    "RealHeads",
    "ScoresToWeights",
    "ShuffledTokens",
    "SplitIntoHeads",
    "TwoVectors",
    "WhoMayBeAsked",
    "WidthAndSoftmax",
    "module_source",
    "styles",
]

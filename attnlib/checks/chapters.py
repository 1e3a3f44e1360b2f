"""The titles of the chapters, and which are finished: what a report may send its reader to."""

TITLES = {
    0: "Orientation",
    1: "The bottleneck, measured",
    2: "Looking things up softly",
    3: "Scores",
    4: "From scores to weights",
    5: "Context vectors",
    6: "Attention inside a decoder",
    7: "Reading alignment maps honestly",
    8: "Masks and batches",
    9: "Self-attention",
    10: "Order",
    11: "Why the square root",
    12: "Multi-head",
    13: "What do heads do, and is that an explanation?",
    14: "The block around attention",
    15: "A whole small Transformer",
    16: "Cost, and the same thing cheaper",
}
FINISHED = {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}


def where_to_read(places, name):
    """Sentences: the chapters to read again, or what to read as long as they are not written.

    Args:
        places: pairs of a chapter's number and the heading of a section, or "".
        name: the attnlib function whose help says what is asked.
    """
    finished = [
        f'chapter {n}, "{TITLES[n]}"' + (f', section "{section}"' if section else "")
        for n, section in places
        if n in FINISHED
    ]
    others = dict.fromkeys(f'chapter {n}, "{TITLES[n]}"' for n, _ in places if n not in FINISHED)
    sentences = [f"Read again: {' and '.join(finished)}."] if finished else []
    if others:
        sentences.append(f"Read: help(attnlib.{name}). Still being written: {' and '.join(others)}.")
    return sentences

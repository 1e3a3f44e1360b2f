"""Checks of what is measured on alignment maps, chapter 7: links against gold, weight on gold, deleted symbols."""

from itertools import pairwise

import numpy as np

from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import Example

ALIGNMENT = "several maps at once"


def _map(rows, gold):
    """Weights and gold links; the weights are rows of numbers that count hundredths, the links texts as "#..#"."""
    return np.array(rows) / 100, np.array([[mark == "#" for mark in row] for row in gold.split()])


_MAPS = [
    Example("one wrong link of two", _map([[90, 10], [60, 40]], "#. .#")),
    Example("everything right", _map([[70, 20, 10], [15, 80, 5], [30, 25, 45]], "#.. .#. ..#")),
    Example("as many targets as sources", _map([[50, 30, 20], [10, 30, 60], [45, 35, 20]], "#.. ... .#.")),
    Example(
        "a target with several gold links",
        _map([[10, 60, 25, 5], [20, 10, 40, 30], [35, 10, 15, 40]], ".#.. ..## #..."),
    ),
    Example(
        "targets without a gold link",
        _map([[55, 30, 15], [20, 70, 10], [25, 15, 60], [35, 45, 20], [10, 65, 25]], "#.. ... ..# ... ..#"),
    ),
    Example(
        "both of these",
        _map(
            [[5, 45, 20, 20, 10], [34, 14, 30, 12, 10], [12, 8, 10, 55, 15], [26, 22, 18, 14, 20]],
            ".#.## ..... #.... .##..",
        ),
    ),
    Example(
        "every target with several gold links",
        _map([[30, 25, 35, 10], [15, 48, 22, 15], [10, 24, 22, 44]], "##.. .### #..#"),
    ),
    Example(
        "a target with no weight on gold",
        _map([[0, 100, 0], [60, 0, 40], [10, 20, 70], [0, 55, 45]], ".#. .#. ... #.#"),
    ),
    Example(
        "more targets than sources",
        _map([[52, 48], [47, 53], [92, 8], [35, 65], [41, 59], [72, 28]], "#. .# .# ## .. #."),
    ),
]

# --- alignment error rate ---

_ALL_TARGETS = {"rows": "np.ones(len(gold), dtype=bool)", "sure": "gold"}


def _alignment_error_rate(weights, gold):
    found = [(int(np.argmax(row)), links) for row, links in zip(weights, gold, strict=True) if links.any()]
    possible = sum(links[j] for j, links in found)
    sure = [links[j] for j, links in found if links.sum() == 1]
    return 1 - (sum(sure) + possible) / (len(found) + len(sure))


alignment_error_rate = Check(
    reference=_alignment_error_rate,
    answer=Answer("""
def alignment_error_rate(weights, gold):
    rows = gold.any(axis=1)
    best = weights.argmax(axis=1)
    chosen = np.arange(weights.shape[1]) == best[:, None]
    links = chosen * rows[:, None]
    possible = gold
    sure = gold * (gold.sum(axis=1, keepdims=True) == 1)
    right = (links * sure).sum() + (links * possible).sum()
    all_links = links.sum() + sure.sum()
    rate = 1 - right / all_links
    return rate
"""),
    returns={"rate": ""},
    exercise="training.alignment_error_rate",
    about=(7, "A score for a map"),
    learns=False,
    not_checked=ALIGNMENT,
    examples=_MAPS,
    mistakes=[
        Mistake(
            "ae_axis",
            "the largest weight is looked for in each column: every source symbol chooses a target. Each target, a "
            "row, should choose.",
            7,
            (
                {"chosen": "(weights == weights.max(axis=0))"},
                {
                    "chosen": "(weights == weights.max(axis=0))",
                    "links": "chosen * gold.any(axis=0)",
                    "sure": "gold * (gold.sum(axis=0, keepdims=True) == 1)",
                },
                {"chosen": "(weights == weights.max(axis=0))", "links": "chosen"},
                {"best": "weights.argmax(axis=0)"},
            ),
        ),
        Mistake(
            "ae_goldonly",
            "the largest weight is looked for among the gold links only, so that no link can be wrong.",
            7,
            {"best": "(weights * gold).argmax(axis=1)"},
        ),
        Mistake(
            "ae_columnsof",
            "each target is looked up at the largest places of all targets: a colon and a list of places take whole "
            "columns. One place of each row is meant.",
            7,
            {"right": "gold[rows][:, best[rows]].sum() + gold[rows][:, best[rows]][gold[rows].sum(axis=1) == 1].sum()"},
        ),
        Mistake(
            "ae_mismatch",
            "targets without a gold link are thrown out of one table only: after that the rows of the two tables do "
            "not belong together.",
            7,
            {
                "chosen": "np.eye(weights.shape[1])[best]",
                "links": "chosen[np.maximum(np.cumsum(rows) - 1, 0)] * rows[:, None]",
            },
        ),
        Mistake(
            "ae_harmonic",
            "this is made of the harmonic mean of two shares (precision and recall, F); the formula adds up the two "
            "counts, and then the two sizes.",
            7,
            {
                "rate": "1 - 2 * (links * possible).sum() / links.sum() * (links * sure).sum() / sure.sum()"
                " / ((links * possible).sum() / links.sum() + (links * sure).sum() / sure.sum())"
            },
        ),
        Mistake(
            "ae_empty",
            "targets without a gold link are counted, too: nobody said what is right or wrong there.",
            7,
            (
                {"rows": "np.ones(len(gold), dtype=bool)"},
                {
                    "rows": "np.ones(len(gold), dtype=bool)",
                    "all_links": "len(gold) + (gold.sum(axis=1) <= 1).sum()",
                },
            ),
        ),
        Mistake(
            "ae_agreement",
            "this is what is right; the error rate is the rest.",
            7,
            (
                {"rate": "right / all_links"},
                {"rate": "(links * possible).sum() / links.sum()"},
            ),
        ),
        Mistake(
            "ae_allsure",
            "all gold links are taken as sure ones: sure is only the link of a target that has no other.",
            7,
            {"sure": "gold"},
        ),
        Mistake(
            "ae_wronglinks",
            "this is the share of wrong links, which is the same only while every target has one gold link: where "
            "there are several, none of them is sure, and the sure links count once more.",
            7,
            (
                {"rate": "1 - (links * possible).sum() / links.sum()"},
                {"sure": "0 * gold"},
            ),
        ),
        Mistake(
            "ae_simple",
            "this is the share of wrong links among all targets: those without a gold link do not count, and where a "
            "target has only one, this sure link counts once more.",
            7,
            {"rows": "np.ones(len(gold), dtype=bool)", "sure": "0 * gold"},
        ),
        Mistake(
            "ae_onlysure",
            "only sure links count, above or below the line of the fraction; the formula counts the links that were "
            "found and the sure ones together.",
            7,
            (
                {"rate": "1 - (links * sure).sum() / sure.sum()"},
                {"rate": "1 - (links * sure).sum() / links.sum()"},
            ),
        ),
        Mistake(
            "ae_threshold",
            "every weight above a threshold becomes a link; here each target has one link, to its largest weight.",
            7,
            tuple(
                {"chosen": f"weights > {least}"} | more
                for least in (0.5, 0.1, 0.2, 0.25, 0.3, 0.4, "1 / weights.shape[1]")
                for more in ({}, {"rows": "np.ones(len(gold), dtype=bool)"}, _ALL_TARGETS)
            ),
        ),
        Mistake(
            "ae_mass",
            "the weights themselves are added up; the rate counts links, to the largest weight of each target.",
            7,
            (
                {"links": "weights * rows[:, None]"},
                {"rate": "1 - (weights * gold)[rows].sum(axis=1).mean()"},
                {"rate": "1 - (weights * gold).sum() / weights.sum()"},
            ),
        ),
        Mistake(
            "ae_smallest",
            "the links go to the smallest weights.",
            7,
            {"best": "weights.argmin(axis=1)"},
        ),
        Mistake(
            "ae_firstgold",
            "the link is compared with one gold link of its target; there may be several, and any of them is right.",
            7,
            (
                {"rate": "(best != gold.argmax(axis=1))[rows].mean()"},
                {"rate": "(best != gold.argmax(axis=1)).mean()"},
                {"possible": "np.arange(gold.shape[1]) == gold.argmax(axis=1)[:, None]"},
            ),
        ),
        Mistake(
            "ae_count",
            "this is a number of links; a rate is a share of them.",
            7,
            (
                {"rate": "links.sum() - (links * possible).sum()"},
                {"rate": "all_links - right"},
                {"rate": "right"},
            ),
        ),
        Mistake(
            "ae_below",
            "below the line of the fraction stands another number: it is the number of links that were found and the "
            "number of sure links, together.",
            7,
            (
                {"all_links": "links.sum()"},
                {"all_links": "2 * links.sum()"},
                {"all_links": "sure.sum()"},
                {"all_links": "links.sum() + possible.sum()"},
                {"all_links": "possible.sum() + sure.sum()"},
                {"all_links": "possible.sum()"},
                {"all_links": "2 * possible.sum()"},
                {"all_links": "gold.size"},
                {"all_links": "2 * len(gold)"},
                {"all_links": "(links + sure > 0).sum()"},
            ),
        ),
        Mistake(
            "ae_above",
            "above the line of the fraction one of the two counts is missing: the links among the sure ones and the "
            "links among the possible ones.",
            7,
            (
                {"right": "(links * possible).sum()"},
                {"right": "(links * sure).sum()"},
            ),
        ),
        Mistake(
            "ae_twice",
            "one of the two counts above the line of the fraction stands there twice.",
            7,
            ({"right": "2 * (links * possible).sum()"}, {"right": "2 * (links * sure).sum()"}),
        ),
        Mistake(
            "ae_parentheses",
            "a pair of parentheses is missing: multiplication and division come before plus and minus.",
            7,
            (
                {"rate": "1 - (links * sure).sum() + (links * possible).sum() / (links.sum() + sure.sum())"},
                {"rate": "1 - ((links * sure).sum() + (links * possible).sum()) / links.sum() + sure.sum()"},
                {"rate": "1 - (links * sure).sum() + (links * possible).sum() / links.sum() + sure.sum()"},
                {"rate": "(1 - (links * sure).sum() + (links * possible).sum()) / (links.sum() + sure.sum())"},
                {"rate": "1 - right / links.sum() + sure.sum()"},
            ),
        ),
        Mistake(
            "ae_several",
            "the gold links of targets with several are taken as the sure ones: it is the other way round.",
            7,
            {"sure": "gold * (gold.sum(axis=1, keepdims=True) > 1)"},
        ),
        Mistake(
            "ae_surecolumn",
            "a link is sure if its target has no other; you count the gold links of the source symbol, its column.",
            7,
            {"sure": "gold * (gold.sum(axis=0, keepdims=True) == 1)"},
        ),
        Mistake(
            "ae_tablemax",
            "only the largest weight of the whole table becomes a link; every target has its own.",
            7,
            ({"chosen": "weights == weights.max()"}, {"rate": "1.0 - gold.ravel()[weights.argmax()]"}),
        ),
        Mistake(
            "ae_mutual",
            "the links of both directions are combined; here every target has one link, to its largest weight, "
            "whichever target that symbol fits best.",
            7,
            (
                {"chosen": "(weights == weights.max(axis=1, keepdims=True)) & (weights == weights.max(axis=0))"},
                {"chosen": "(weights == weights.max(axis=1, keepdims=True)) | (weights == weights.max(axis=0))"},
            ),
        ),
        Mistake(
            "ae_surealways",
            "a sure link counts as right where it was not chosen: only links that were found can be right.",
            7,
            ({"right": "sure.sum() + (links * possible).sum()"},),
        ),
        Mistake(
            "ae_inverted",
            "the gold links are read the wrong way round: True marks a link.",
            7,
            (
                {"possible": "~gold"},
                {"possible": "~gold", "sure": "~gold * ((~gold).sum(axis=1, keepdims=True) == 1)"},
            ),
        ),
        Mistake(
            "ae_percent",
            "these are percent; a rate lies between 0 and 1.",
            7,
            {"rate": "100 * (1 - right / all_links)"},
        ),
        Mistake(
            "ae_rows",
            "one number for each target comes back; one for the whole map is asked for.",
            7,
            (
                {"rate": "1 - (links * possible).sum(axis=1)"},
                {"rate": "1.0 - (links * possible).sum(axis=1)[rows]"},
                {"rate": "(links * possible).sum(axis=1) == 0"},
            ),
        ),
        Mistake(
            "ae_rounded",
            "the rate is rounded: rounding is for printing.",
            7,
            tuple({"rate": f"np.round(1 - right / all_links, {digits})"} for digits in (0, 1, 2)),
            alone=True,
        ),
    ],
)


# --- weight on gold links ---


def _mass_on_gold(weights, gold):
    return np.mean([row[links].sum() for row, links in zip(weights, gold, strict=True) if links.any()])


mass_on_gold = Check(
    reference=_mass_on_gold,
    answer=Answer("""
def mass_on_gold(weights, gold):
    rows = gold.any(axis=1)
    on_gold = (weights * gold).sum(axis=1)
    counted = on_gold[rows]
    mass = counted.mean()
    return mass
"""),
    returns={"mass": ""},
    exercise="training.mass_on_gold",
    about=(7, "A score for a map"),
    learns=False,
    not_checked=ALIGNMENT,
    examples=_MAPS,
    mistakes=[
        Mistake(
            "ma_sum",
            "the weight on gold links is added up over all targets; their mean is asked for.",
            7,
            {"mass": "counted.sum()"},
        ),
        Mistake(
            "ma_positive",
            "targets with no weight on gold are left out; they have a gold link, so they count, with 0.",
            7,
            {"rows": "(weights * gold).sum(axis=1) > 0"},
        ),
        Mistake(
            "ma_everygold",
            "`all` keeps a target only if every source symbol is a gold link; one is enough.",
            7,
            ({"rows": "gold.all(axis=1)"},),
        ),
        Mistake(
            "ma_onetarget",
            "only one target takes part: does `return` stand inside the loop, or does each turn of the loop forget the "
            "turns before?",
            7,
            (
                {"mass": "counted[0]"},
                {"mass": "counted[-1]"},
                {"mass": "counted[-1] / len(counted)"},
                {"mass": "counted[0] / len(counted)"},
            ),
        ),
        Mistake(
            "ma_allrows",
            "targets without a gold link are in the mean, too: they have no weight on gold and pull it down.",
            7,
            {"counted": "on_gold"},
        ),
        Mistake(
            "ma_cells",
            "this is the mean over gold links, so that a target with several counts several times: first each target's "
            "sum, then the mean over targets.",
            7,
            (
                {"mass": "weights[gold].mean()"},
                {"mass": "on_gold.sum() / gold.sum()"},
                {"mass": "(weights * gold)[weights * gold > 0].mean()"},
            ),
        ),
        Mistake(
            "ma_largest",
            "of several gold links of a target only the one with the largest weight counts; all of them do, together.",
            7,
            {"on_gold": "(weights * gold).max(axis=1)"},
        ),
        Mistake(
            "ma_firstgold",
            "of several gold links of a target only the first counts; all of them do, together.",
            7,
            (
                {"on_gold": "weights[np.arange(len(gold)), gold.argmax(axis=1)]"},
                {"on_gold": "weights[np.arange(len(gold)), gold.shape[1] - 1 - gold[:, ::-1].argmax(axis=1)]"},
            ),
        ),
        Mistake(
            "ma_argmax",
            "only the largest weight of a target is looked at: the weight on gold links counts wherever it lies.",
            7,
            (
                {"on_gold": "weights.max(axis=1)"},
                {"on_gold": "weights.max(axis=1) * gold[np.arange(len(gold)), weights.argmax(axis=1)]"},
                {"counted": "weights.max(axis=1)"},
                {"counted": "weights.max(axis=1) * gold[np.arange(len(gold)), weights.argmax(axis=1)]"},
            ),
        ),
        Mistake(
            "ma_hits",
            "links are counted, as in the alignment error rate; here their weights are added up.",
            7,
            (
                {"on_gold": "gold[np.arange(len(gold)), weights.argmax(axis=1)] * 1.0"},
                {"counted": "gold[np.arange(len(gold)), weights.argmax(axis=1)] * 1.0"},
            ),
        ),
        Mistake(
            "ma_perlink",
            "the weight of a target is divided by the number of its gold links: their sum is asked for.",
            7,
            (
                {"on_gold": "(weights * gold).sum(axis=1) / np.maximum(gold.sum(axis=1), 1)"},
                {"mass": "np.nanmean((weights * gold).sum(axis=1) / gold.sum(axis=1))"},
                {"counted": "(weights * gold).sum(axis=1) / np.maximum(gold.sum(axis=1), 1)"},
                {"mass": "np.mean((weights * gold).sum(axis=1) / gold.sum(axis=1))"},
            ),
        ),
        Mistake(
            "ma_columns",
            "the weights are added up along columns, or the mean is taken over them: each target is a row.",
            7,
            (
                {"rows": "gold.any(axis=0)", "on_gold": "(weights * gold).sum(axis=0)"},
                {"on_gold": "(weights * gold).sum(axis=0)", "counted": "on_gold"},
                {"on_gold": "(weights * gold).sum(axis=0)"},
                {"rows": "gold.any(axis=0)"},
            ),
        ),
        Mistake(
            "ma_entries",
            "the mean goes over all entries of the table, also those that are no gold links.",
            7,
            (
                {"mass": "(weights * gold).mean()"},
                {"mass": "(weights * gold)[rows].mean()"},
                {"mass": "on_gold.sum() / gold.size"},
            ),
        ),
        Mistake(
            "ma_rest",
            "this is the weight that lies elsewhere: the rest.",
            7,
            (
                {"mass": "1 - counted.mean()"},
                {"on_gold": "(weights * ~gold).sum(axis=1)"},
                {"on_gold": "(weights * ~gold).sum(axis=1)", "counted": "on_gold"},
                {"rows": "(~gold).any(axis=1)", "on_gold": "(weights * ~gold).sum(axis=1)"},
            ),
        ),
        Mistake(
            "ma_everything",
            "this is 1 in every row: all weights of the row are added up, or those on gold links are divided by their "
            "sum.",
            7,
            (
                {"on_gold": "weights.sum(axis=1)"},
                {"mass": "weights[rows].sum(axis=1).mean()"},
                {"on_gold": "((weights * gold).sum(axis=1) > 0) * 1.0"},
            ),
        ),
        Mistake(
            "ma_rows",
            "one number for each target comes back; their mean is asked for.",
            7,
            ({"mass": "on_gold"}, {"mass": "counted"}),
        ),
        Mistake(
            "ma_logarithm",
            "the logarithm of the weight is taken, as in a loss; the weight itself is asked for.",
            7,
            ({"mass": "-np.log(counted).mean()"}, {"mass": "np.log(counted).mean()"}),
        ),
        Mistake(
            "ma_median",
            "this is the median, or the product, of the targets' weights; their mean is asked for.",
            7,
            ({"mass": "np.median(counted)"}, {"mass": "np.exp(np.log(counted).mean())"}, {"mass": "counted.prod()"}),
        ),
        Mistake(
            "ma_oneforall",
            "a target without a gold link counts as if all its weight were right; it should not count at all.",
            7,
            {"counted": "np.where(rows, on_gold, 1.0)"},
        ),
        Mistake(
            "ma_single",
            "targets with several gold links are left out: all that have at least one count.",
            7,
            {"rows": "gold.sum(axis=1) == 1"},
        ),
        Mistake(
            "ma_percent",
            "these are percent; the weight of a row is 1 in all.",
            7,
            {"mass": "100 * counted.mean()"},
        ),
        Mistake(
            "ma_rounded",
            "the mean, or the weights in it, are rounded: rounding is for printing.",
            7,
            (
                *({"mass": f"np.round(counted.mean(), {digits})"} for digits in (0, 1, 2)),
                *({"on_gold": f"(np.round(weights, {digits}) * gold).sum(axis=1)"} for digits in (0, 1)),
            ),
            alone=True,
        ),
    ],
)


# --- what happens when a symbol is deleted ---

VALUES = {"small": 1.0, "big": 4.0, "green": 2.0, "not": -3.0, "tree": 5.0, "the": 0.5, "a": 0.25, "very": 1.5}


def sum_of_values(symbols):
    """The sum of the symbols' values: every influence is a value."""
    return sum(VALUES.get(symbol, 0.0) for symbol in symbols)


def value_by_place(symbols):
    """The values times their places, from 1: what comes later counts more."""
    return sum(place * VALUES.get(symbol, 0.0) for place, symbol in enumerate(symbols, start=1)) / 10


def read_in_turn(symbols):
    """A state that reads one symbol after the other and forgets a part of what came before, between -1 and 1."""
    state = 0.1
    for symbol in symbols:
        state = 0.8 * state - 0.3 * state**2 + 0.1 * VALUES.get(symbol, 0.0)
    return float(np.tanh(state))


def pairs_of_neighbours(symbols):
    """How well neighbours go together: the products of their values."""
    values = [VALUES.get(symbol, 0.0) for symbol in symbols]
    return 0.5 + sum(x * y for x, y in pairwise(values))


def _deletion_influence(predict, source):
    whole, source = predict(list(source)), list(source)
    return np.array([whole - predict(source[:i] + source[i + 1 :]) for i in range(len(source))], dtype=float)


deletion_influence = Check(
    reference=_deletion_influence,
    answer=Answer("""
def deletion_influence(predict, source):
    whole = predict(source)
    shorter = lambda i: source[:i] + source[i + 1:]
    without = np.array([predict(shorter(i)) for i in range(len(source))])
    influence = whole - without
    return influence
"""),
    returns={"influence": "source"},
    exercise="training.forced_weights",
    about=(7, "Delete, replace, differentiate"),
    learns=False,
    not_checked="speed",
    examples=[
        Example("a sum, three symbols", (sum_of_values, ["big", "green", "tree"])),
        Example("places count", (value_by_place, ["a", "small", "tree", "green"])),
        Example("a symbol that stands twice", (read_in_turn, ["the", "big", "not", "big"])),
        Example("one symbol", (pairs_of_neighbours, ["tree"])),
        Example("neighbours count", (pairs_of_neighbours, ["not", "big", "tree", "the", "tree", "small"])),
        Example("a symbol that lowers the result", (sum_of_values, ["not", "green"])),
        Example("the same symbol three times", (value_by_place, ["very", "very", "very", "big", "very"])),
        Example("a longer source", (read_in_turn, ["the", "not", "very", "big", "tree", "a", "very", "green", "tree"])),
    ],
    mistakes=[
        Mistake(
            "de_sign",
            "the sign is turned round: a symbol that raises the prediction should have a positive influence.",
            7,
            {"influence": "without - whole"},
        ),
        Mistake(
            "de_rest",
            "everything from symbol i on is deleted; only symbol i should be missing.",
            7,
            {"shorter": "lambda i: source[:i]"},
        ),
        Mistake(
            "de_beginning",
            "everything up to symbol i is missing; only symbol i should be. Does what was deleted before stay deleted? "
            "A second name for a list is not a copy.",
            7,
            ({"shorter": "lambda i: source[i + 1 :]"}, {"shorter": "lambda i: [source.pop(0)] and source"}),
        ),
        Mistake(
            "de_kept",
            "symbol i is kept and all others are deleted: it is the other way round.",
            7,
            ({"shorter": "lambda i: [source[i]]"}, {"shorter": "lambda i: source[i]"}),
        ),
        Mistake(
            "de_byvalue",
            "the symbol is looked for by what it is and not by its place: where it stands twice, the first one "
            "goes, or all of them.",
            7,
            (
                {"shorter": "lambda i: [symbol for symbol in source if symbol != source[i]]"},
                {"shorter": "lambda i: source[: source.index(source[i])] + source[source.index(source[i]) + 1 :]"},
            ),
        ),
        Mistake(
            "de_ratio",
            "the two predictions are divided, or their difference is; the difference itself is asked for.",
            7,
            (
                {"influence": "whole / without"},
                {"influence": "without / whole"},
                {"influence": "(whole - without) / whole"},
                {"influence": "(whole - without) / without"},
                {"influence": "np.log(np.abs(whole)) - np.log(np.abs(without))"},
            ),
        ),
        Mistake(
            "de_replaced",
            "something else stands in the place of the symbol, so that the others keep their places: the list should "
            "become shorter.",
            7,
            (
                {"shorter": "lambda i: [*source[:i], '', *source[i + 1:]]"},
                {"shorter": "lambda i: [*source[:i], source[i - 1], *source[i + 1:]]"},
            ),
        ),
        Mistake(
            "de_absolute",
            "the sign is lost, or what is negative is cut off: some symbols lower the prediction, and their influence "
            "is negative.",
            7,
            ({"influence": "np.abs(whole - without)"}, {"influence": "np.maximum(whole - without, 0)"}),
        ),
        Mistake(
            "de_order",
            "the other symbols change places: what stood behind symbol i comes before what stood in front of it, or "
            "they are sorted.",
            7,
            (
                {"shorter": "lambda i: source[i + 1 :] + source[:i]"},
                {"shorter": "lambda i: sorted(source[:i] + source[i + 1 :])"},
            ),
        ),
        Mistake(
            "de_before",
            "each prediction is compared with that of the deletion before it: every one belongs beside the prediction "
            "for the whole source.",
            7,
            {"influence": "-np.diff(without, prepend=whole)"},
        ),
        Mistake(
            "de_last",
            "it is always the last symbol that is deleted (or the first): `pop` takes the last one unless it is told "
            "which.",
            7,
            ({"shorter": "lambda i: source[:-1]"}, {"shorter": "lambda i: source[1:]"}),
        ),
        Mistake(
            "de_squared",
            "the differences are squared: the difference itself is asked for, with its sign.",
            7,
            {"influence": "(whole - without) ** 2"},
        ),
        Mistake(
            "de_two",
            "two neighbours are deleted at a time; only symbol i should be missing.",
            7,
            (
                {"shorter": "lambda i: source[:i] + source[i + 2:]"},
                {"shorter": "lambda i: source[: max(i - 1, 0)] + source[i + 1:]"},
            ),
        ),
        Mistake(
            "de_neighbour",
            "off by one: the symbol before or behind symbol i is deleted.",
            7,
            (
                {"shorter": "lambda i: source[: i + 1] + source[i + 2:]"},
                {"shorter": "lambda i: source[: max(i - 1, 0)] + source[i:]"},
                {"shorter": "lambda i: source[: i - 1] + source[i:]"},
            ),
        ),
        Mistake(
            "de_doubled",
            "symbol i is still there, or it stands there twice: a slice ends before its second number.",
            7,
            (
                {"shorter": "lambda i: source[: i + 1] + source[i:]"},
                {"shorter": "lambda i: source[: i + 1] + source[i + 1:]"},
                {"shorter": "lambda i: source"},
            ),
        ),
        Mistake(
            "de_reversed",
            "the influences come in the reverse order: the last symbol stands first.",
            7,
            (
                {"influence": "(whole - without)[::-1]"},
                {"shorter": "lambda i: source[: -i - 1] + source[len(source) - i:]"},
            ),
        ),
        Mistake(
            "de_raw",
            "these are the predictions without a symbol; how far they are from the prediction with all is asked for.",
            7,
            {"influence": "without"},
        ),
        Mistake(
            "de_empty",
            "the prediction for an empty list takes part: every source without one symbol is compared with the whole "
            "source.",
            7,
            (
                {"whole": "predict([])"},
                {"influence": "without - predict([])"},
                {"influence": "np.array([predict([symbol]) for symbol in source]) - predict([])"},
            ),
        ),
        Mistake(
            "de_cumulative",
            "what was deleted stays deleted, or the source is built up symbol by symbol: every deletion should start "
            "from the whole source. A second name for a list is not a copy.",
            7,
            (
                {
                    "whole": "np.array([predict(source[i:]) for i in range(len(source))])",
                    "shorter": "lambda i: source[i + 1:]",
                },
                {
                    "whole": "np.array([predict(source[: len(source) - i]) for i in range(len(source))])",
                    "shorter": "lambda i: source[: len(source) - i - 1]",
                    "influence": "(whole - without)[::-1]",
                },
                {"shorter": "lambda i: [source.pop(i)] and source"},
                {"shorter": "lambda i: source.remove(source[i]) or source"},
            ),
            names=("pop", "remove"),
        ),
        Mistake(
            "de_onenumber",
            "one number comes back; one for each symbol is asked for.",
            7,
            (
                {"influence": "(whole - without).sum()"},
                {"influence": "(whole - without).mean()"},
                {"influence": "(whole - without).max()"},
                {"influence": "(whole - without)[0]"},
                {"influence": "(whole - without)[-1]"},
            ),
        ),
        Mistake(
            "de_skip",
            "the first or the last symbol is left out: where does the loop begin, and where does it stop?",
            7,
            (
                {"influence": "(whole - without)[:-1]"},
                {"influence": "(whole - without)[1:]"},
                {"influence": "np.append((whole - without)[:-1], 0)"},
                {"influence": "np.append(0, (whole - without)[1:])"},
                {"influence": "(whole - without)[:1]"},
            ),
        ),
        Mistake(
            "de_distinct",
            "a symbol that stands twice has one entry only: every place has its own.",
            7,
            (
                {
                    "without": "np.array([predict([s for s in source if s != symbol])"
                    " for symbol in dict.fromkeys(source)])"
                },
                {"influence": "(whole - without)[[source.index(symbol) for symbol in dict.fromkeys(source)]]"},
                {
                    "influence": "np.array(list({symbol: x for symbol, x in"
                    " zip(source, whole - without, strict=True)}.values()))"
                },
                {
                    "influence": "np.array([{symbol: x for symbol, x in"
                    " zip(source, whole - without, strict=True)}[symbol] for symbol in source])"
                },
            ),
        ),
        Mistake(
            "de_shares",
            "the influences are divided so that they sum to 1, or so that the largest is 1: they are asked for as they "
            "are.",
            7,
            (
                {"influence": "(whole - without) / (whole - without).sum()"},
                {"influence": "(whole - without) / np.abs(whole - without).sum()"},
                {"influence": "(whole - without) / np.abs(whole - without).max()"},
                {"influence": "(whole - without) / (whole - without).max()"},
                {"influence": "softmax(whole - without)"},
            ),
        ),
        Mistake(
            "de_joined",
            "the symbols are joined into one text: `predict` wants a list of symbols, and a text is a list of letters.",
            7,
            (
                {"without": "np.array([predict(''.join(shorter(i))) for i in range(len(source))])"},
                {
                    "whole": "predict(''.join(source))",
                    "without": "np.array([predict(''.join(shorter(i))) for i in range(len(source))])",
                },
            ),
        ),
        Mistake(
            "de_rounded",
            "the influences are rounded or cut: rounding is for printing.",
            7,
            (
                *({"influence": f"np.round(whole - without, {digits})"} for digits in (0, 1, 2)),
                {"influence": "(whole - without).astype(int)"},
            ),
            alone=True,
        ),
    ],
)

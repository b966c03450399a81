"""Fitted models as files: JSON for what is small, safetensors for arrays, digests over both; never pickle.

A model takes part with ``describe`` (a JSON object), ``arrays`` (by name) and a function that makes it anew of the two;
that function checks all of it, so that no kernel ever meets a place that is not there.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MANIFEST = "model.json"
ARRAYS = "model.safetensors"
DIGESTS = "SHA256SUMS"


def save(folder: Path, manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the three files into the empty ``folder`` and wait until they are on disk; the digests come last.

    ``ArtefactFailed`` when that fails.
    """
    files = {
        MANIFEST: canonical_json(dict(manifest)),
        ARRAYS: save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()}),
    }
    files[DIGESTS] = "".join(f"{sha256(data)}  {name}\n" for name, data in files.items()).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            with (folder / name).open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as problem:
        raise ArtefactFailed(f"the model cannot be written to {folder}: {problem.strerror}") from None


def load(folder: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read back what ``save`` wrote; ``ArtefactFailed`` when it is not what the digests say."""
    try:
        digests = dict(line.split("  ")[::-1] for line in (folder / DIGESTS).read_text().splitlines())
        data = {name: (folder / name).read_bytes() for name in (MANIFEST, ARRAYS)}
        if any(digests.get(name) != sha256(content) for name, content in data.items()):
            raise damaged(folder)
        manifest = json.loads(data[MANIFEST])
        if not isinstance(manifest, dict):
            raise damaged(folder)
        return manifest, load_arrays(data[ARRAYS])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, safetensors.SafetensorError):
        raise damaged(folder) from None


def damaged(folder: Path) -> ArtefactFailed:
    """Return the error for a folder that does not hold a model as it was saved."""
    return ArtefactFailed(
        f"the model in {folder} is not complete or not what was written; fit it again from its measurements, which "
        "costs no budget"
    )


def expect(
    array: NDArray[Any],
    dtype: type,
    shape: Sequence[int | None],
    *,
    low: float | None = None,
    high: float | None = None,
) -> NDArray[Any]:
    """Return ``array`` if it is of ``dtype`` and ``shape`` (None: any length), finite, and within inclusive bounds.

    Else ``ValueError``. What comes back can be written to, and outlives the file.
    """
    fits = array.dtype == dtype and len(array.shape) == len(shape)
    if not fits or any(want is not None and have != want for have, want in zip(array.shape, shape, strict=True)):
        raise ValueError("an array has another type or shape than expected")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("an array holds a number that is not finite")
    if array.size and ((low is not None and array.min() < low) or (high is not None and array.max() > high)):
        raise ValueError("an array holds a number out of bounds")
    return array.copy()

"""Findings kept between scans, each under a keyed digest of all that it follows from.

A scan of what has not changed need not analyse it again, and one that was killed goes on where it was: a finding is
kept as soon as it is made. What is kept holds no value, only what the finding tells (names, figures, shapes), under a
name that tells nothing without the installation's secret. The folder is for the raw side alone: mode 0700, files 0600.

The digest covers every field of the sample (distinct values in order, counts, names, types, keys, context, countries)
together with the catalogue, and the code of all recognizers: this package's files, the versions of all installed
distributions, the files of a text model that the settings name. Whatever changes among them, findings are made anew.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import hmac
import json
import logging
import os
import secrets
import sys
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway import plugins, vocabulary
from gateway.raw.detect import recognizers
from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.detect.meanings import UNEXAMINED
from gateway.settings import RawSettings
from gateway.vocabulary.digest import canonical_json
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.roles import Role, Treatment

if TYPE_CHECKING:
    from gateway.raw.detect.recognizer import ColumnSample

log = logging.getLogger(__name__)

KEPT_DAYS = 60
"""Days that a finding is kept after it was last of use."""
_DAY = 86_400
_SECRET = "secret"  # noqa: S105 - the name of a file
_SECRET_BYTES = 32
_SUFFIX, _PARTIAL = ".json", ".partial"
_FORM = 1


class FindingCache:
    """A folder of findings. Any number of scans may use it at the same time."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        """Use ``folder``, which exists; ``open`` makes one."""
        self._folder = folder
        self._secret = secret
        self._code = code_digest()
        self._shapes: dict[int, tuple[object, str]] = {}
        self.hits = 0
        """Findings given so far."""

    @classmethod
    def open(cls, folder: Path) -> FindingCache:
        """Return the cache in ``folder``, made with a secret of its own if need be; what is old there is removed.

        ``ArtefactFailed`` when it cannot be made, or is not this user's alone and cannot be made so.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)
            secret = _secret_of(folder / _SECRET)
            _tidy(folder)
        except OSError as error:
            raise ArtefactFailed(
                f"the folder of scans {folder} cannot be used ({error.strerror}); it should be this user's own"
            ) from None
        return cls(folder, secret)

    @property
    def sampling_secret(self) -> bytes:
        """The secret of this installation by which samples are drawn: the same rows again at the next scan."""
        return hashlib.blake2b(b"", key=self._secret, person=b"gateway-drawing", digest_size=_SECRET_BYTES).digest()

    def digest(self, sample: ColumnSample) -> str:
        """Return the keyed digest of all that the finding on ``sample`` follows from."""
        keyed = hashlib.blake2b(key=self._secret, person=b"gateway-finding", digest_size=_SECRET_BYTES)
        told = [self._code, *(self._field(getattr(sample, one.name)) for one in dataclasses.fields(sample))]
        keyed.update(canonical_json(told))
        return keyed.hexdigest()

    def get(self, digest: str) -> Finding | None:
        """Return the finding kept under ``digest``; None when there is none, or its file is damaged."""
        path = self._folder / f"{digest}{_SUFFIX}"
        try:
            kept = json.loads(path.read_bytes())
            body, seal = kept["finding"], kept["seal"]
            if not hmac.compare_digest(seal, self._seal(digest, body)):
                return None
            found = _from_json(body)
            if time.time() - path.stat().st_mtime > _DAY:
                os.utime(path)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        self.hits += 1
        return found

    def put(self, digest: str, finding: Finding) -> None:
        """Keep ``finding``, whole or not at all.

        Not kept: one for which the time ran out, because the next scan may have more of it; one that would not come
        back equal. A folder that cannot be written to costs time and nothing else.
        """
        if any(piece.entity == UNEXAMINED for piece in finding.evidence):
            return
        body = _to_json(finding)
        if _from_json(json.loads(json.dumps(body))) != finding:
            log.warning("finding not kept", extra={"table": finding.table, "column": finding.column})
            return
        text = canonical_json({"finding": body, "seal": self._seal(digest, body)})
        partial = self._folder / f"{secrets.token_hex(8)}{_PARTIAL}"
        try:
            _write(partial, text)
            partial.replace(self._folder / f"{digest}{_SUFFIX}")
        except OSError:
            with suppress(OSError):
                partial.unlink()
            log.warning("finding not kept", extra={"table": finding.table, "column": finding.column})

    def _seal(self, digest: str, body: object) -> str:
        keyed = hashlib.blake2b(key=self._secret, person=b"gateway-sealed", digest_size=_SECRET_BYTES)
        keyed.update(canonical_json([_FORM, digest, body]))
        return keyed.hexdigest()

    def _field(self, value: object) -> object:
        """Return ``value`` as JSON; what many columns share, the catalogue and its tables, by a digest made once."""
        if dataclasses.is_dataclass(value):
            known = self._shapes.get(id(value))
            if known is None:
                # kept beside its digest, so that nothing else is at its address as long as that is remembered
                known = (value, hashlib.sha256(canonical_json(_plain(value))).hexdigest())
                self._shapes[id(value)] = known
            return known[1]
        return _plain(value)


class FreshFindings(FindingCache):
    """A cache that gives nothing: the same rows are drawn, everything is worked out again, and kept."""

    def get(self, digest: str) -> Finding | None:  # noqa: ARG002 - as above
        """Return None, whatever is kept."""
        return None


@cache
def code_digest() -> str:
    """Return a digest of the code that findings follow from: recognizers and all that they may use."""
    found = hashlib.sha256(sys.version.encode())
    folders = [Path(path) for package in (recognizers, vocabulary) for path in package.__path__]
    for root in [folders[0].parent, *folders[1:]]:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".css", ".js"}:
                found.update(_named(str(path.relative_to(root)), path.read_bytes()))
    # each once: where the gateway is started from may show one of them twice
    for name in sorted({f"{each.name} {each.version}" for each in distributions()}):
        found.update(_named(name, b""))
    for entry in plugins.installed("gateway.recognizers"):
        found.update(_named(entry.name, _source_of(entry.module)))
    model = RawSettings().text_model
    if model is not None and model.is_dir():
        for path in sorted(model.rglob("*")):
            stat = path.stat()
            found.update(_named(f"{path} {stat.st_size} {stat.st_mtime_ns}", b""))
    return found.hexdigest()


def _source_of(module: str) -> bytes:
    """Return the file of an installed recognizer, which may change without its distribution's version."""
    try:
        spec = find_spec(module)
        return Path(spec.origin).read_bytes() if spec and spec.origin else b""
    except (ImportError, OSError, ValueError):
        return b""


def _named(name: str, content: bytes) -> bytes:
    return b"%d:%s%d:%s" % (len(name.encode()), name.encode(), len(content), content)


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return ``value`` as JSON in which different values differ; ``TypeError`` for what has no such form."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}]
    if isinstance(value, enum.Enum):
        return [type(value).__name__, value.name]
    if isinstance(value, frozenset | set):
        return ["set", sorted(map(_plain, value), key=canonical_json)]
    if isinstance(value, dict):
        return ["map", [[_plain(key), _plain(each)] for key, each in value.items()]]
    if isinstance(value, tuple | list):
        return list(map(_plain, value)) if not all(type(each) is str for each in value) else list(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} in a sample cannot be told from others")


# --- findings as JSON ------------------------------------------------------------------------------------------------


def _to_json(finding: Finding) -> dict[str, Any]:
    return dataclasses.asdict(finding)


def _from_json(body: dict[str, Any]) -> Finding:
    """Return the finding; ``TypeError``, ``KeyError`` or ``ValueError`` when it is none of this version's."""
    pieces = tuple(Evidence(**(piece | {"shapes": tuple(piece["shapes"])})) for piece in body["evidence"])
    more = {"evidence": pieces, "role": Role(body["role"]), "treatment": Treatment(body["treatment"])}
    return Finding(**(body | more))


# --- files -----------------------------------------------------------------------------------------------------------


def _secret_of(path: Path) -> bytes:
    """Return the secret in ``path``, made now if there is none; of two that are made at once the first one stays."""
    if not path.exists():
        partial = path.with_name(f"{secrets.token_hex(8)}{_PARTIAL}")
        _write(partial, secrets.token_bytes(_SECRET_BYTES))
        with suppress(FileExistsError):
            os.link(partial, path)
        partial.unlink()
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise ArtefactFailed(f"{path} is damaged; remove its folder, and the next scan makes everything anew")
    return secret


def _write(path: Path, content: bytes) -> None:
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)


def _tidy(folder: Path) -> None:
    """Remove findings that were of no use for long, and what killed scans left half written."""
    now = time.time()
    for path in list(folder.iterdir()):
        most = {_SUFFIX: KEPT_DAYS * _DAY, _PARTIAL: _DAY}.get(path.suffix)
        # another scan may remove it first
        with suppress(FileNotFoundError):
            if most is not None and now - path.lstat().st_mtime > most:
                path.unlink()

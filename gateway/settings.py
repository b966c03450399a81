"""Settings of the two sides: two classes that share no secret. Each side resolves only its own database URL."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway.vocabulary.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKSPACE = Path(".gateway")


class RawSettings(BaseSettings):
    """The worker's settings, from ``GATEWAY_WORKER_*``. Never holds a credential of the sharing database."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_WORKER_", extra="ignore", frozen=True)

    person: str = Field(default_factory=getpass.getuser, description="Who asks for runs.")
    workspace: Path = WORKSPACE
    records_url: SecretStr = SecretStr(f"sqlite:///{WORKSPACE}/records.db")
    text_model: Path | None = Field(
        default=None, description="Folder of the model that reads prose; where its distribution put it if absent."
    )

    @property
    def runs(self) -> Path:
        """Folder of unfinished runs; for the raw side alone."""
        return self.workspace / "runs"

    @property
    def scans(self) -> Path:
        """Folder of what scans found, kept for the next ones; for the raw side alone."""
        return self.workspace / "scans"

    @property
    def audits(self) -> Path:
        """Folder of what audits found, one result for each configuration; for the raw side alone."""
        return self.workspace / "audits"

    @property
    def releases(self) -> Path:
        """Folder of release candidates: where the raw side puts them and the synthetic side finds them."""
        return self.workspace / "releases"


class SyntheticSettings(BaseSettings):
    """The desk's settings, from ``GATEWAY_DESK_*``. Never holds a credential of the production database."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_DESK_", extra="ignore", frozen=True)

    person: str = Field(default_factory=getpass.getuser, description="Who decides.")
    workspace: Path = WORKSPACE
    records_url: SecretStr = SecretStr(f"sqlite:///{WORKSPACE}/records.db")

    @property
    def releases(self) -> Path:
        """Folder of release candidates."""
        return self.workspace / "releases"


def resolve(reference: str, environment: Mapping[str, str] | None = None) -> SecretStr:
    """Return what ``${NAME}`` stands for: the variable NAME, the file NAME_FILE, or the output of NAME_COMMAND.

    Exactly one of the three must be set; ``SettingsError`` otherwise, naming the variables and never their contents.
    """
    known = os.environ if environment is None else environment
    name = reference.removeprefix("${").removesuffix("}")
    present = [key for key in (name, f"{name}_FILE", f"{name}_COMMAND") if known.get(key)]
    if len(present) != 1:
        found = "none is" if not present else f"{' and '.join(present)} are"
        raise SettingsError(
            f"{reference} needs exactly one of the variables {name}, {name}_FILE or {name}_COMMAND; {found} set"
        )
    found = _read(present[0], known[present[0]]) if present[0] != name else known[name]
    if not found:
        raise SettingsError(f"{present[0]} is set and gives nothing; {reference} needs a value")
    return SecretStr(found)


def _read(variable: str, value: str) -> str:
    try:
        if variable.endswith("_FILE"):
            return Path(value).read_text(encoding="utf-8").strip()
        # The operator's own command, as with a pager or a credential helper.
        done = subprocess.run(value, shell=True, check=True, capture_output=True, text=True, timeout=30)  # noqa: S602
        return done.stdout.strip()
    except (OSError, UnicodeDecodeError, subprocess.SubprocessError):
        raise SettingsError(f"{variable} is set and could not be read or run") from None

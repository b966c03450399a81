"""Small databases in a file on their whole way, as a run takes them, without records and without a ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from gateway import plugins
from gateway.policy.coverage import coverage
from gateway.policy.model import Policy
from gateway.raw import making
from gateway.raw.connect.reading import open_source
from gateway.raw.family import Family
from gateway.raw.generate.generator import Measurements
from gateway.release.synthetic_table import SyntheticTable

Progress = Callable[[str, float], None]


def unheard(_stage: str, _share: float) -> None:
    """Hear nothing."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """A database that was planned, rehearsed, read and measured; what is measured, saved and read back, as in a run."""

    folder: Path
    plan: making.Plan
    train: Family
    control: Family
    measured: Measurements

    @classmethod
    def of(cls, policy: Policy, url: str, folder: Path, *, progress: Progress = unheard) -> Way:
        """Go as far as what was measured lies in the empty ``folder``."""
        generator = plugins.load("gateway.raw.generate.generators", policy.generate.generator)
        with closing(open_source(SecretStr(url), policy.source.schema_name)) as source, source.snapshot() as snapshot:
            assert coverage(policy, snapshot.schema) == ()
            plan = making.plan(policy, snapshot, generator=generator, progress=progress)
            making.rehearse(plan)
            train, control = making.read(plan, snapshot, secret=b"s", progress=progress)
        (folder / "measured").mkdir()
        making.measure(plan, train, progress).save(folder / "measured")
        measured = making.load(plan, folder / "measured")
        return cls(folder=folder, plan=plan, train=train, control=control, measured=measured)

    def draw(self, name: str = "drawn", *, progress: Progress = unheard) -> dict[str, SyntheticTable]:
        """Draw into a folder called ``name``, which is not there yet, and return the tables by their names."""
        (self.folder / name).mkdir()
        making.draw(self.plan, self.measured, self.folder / name, progress)
        return self.drawn(name)

    def drawn(self, name: str = "drawn") -> dict[str, SyntheticTable]:
        """Return the tables that were drawn into the folder called ``name``."""
        return {str(table.table.name): table for table in making.drawn(self.plan, self.folder / name)}

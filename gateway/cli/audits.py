"""What `gateway audit` does: where the configuration comes from, what is kept, and what is said."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.printing import Format, as_json, err, out
from gateway.policy.coverage import coverage
from gateway.policy.loading import load_policy, locate
from gateway.raw import auditing, making, weighing
from gateway.raw.connect.reading import open_source
from gateway.release import audits, bundle
from gateway.release.evidence import WORDS, AuditReport
from gateway.settings import RawSettings, resolve
from gateway.vocabulary.errors import ConfigurationError, PolicyError
from gateway.vocabulary.names import ReleaseId

if TYPE_CHECKING:
    from gateway.raw.making import Progress

_NAME = 64
"""Hexadecimal digits of a release's name."""


def of_policy(file: Path, *, games: int, processes: int, progress: Progress) -> tuple[AuditReport, AuditReport]:
    """Audit the policy in ``file`` against its source's catalogue; return the result, and the one that is kept now."""
    policy, settings = load_policy(file), RawSettings()
    generator = auditing.generator(policy)
    with closing(open_source(resolve(policy.source.url), policy.source.schema_name)) as source:
        source.refuse_writers()
        with source.snapshot() as snapshot:
            if problems := coverage(policy, snapshot.schema):
                raise PolicyError(str(file), locate(file, problems))
            plan = making.plan(policy, snapshot, generator=generator, progress=progress)
    making.rehearse(plan)
    # one that cannot be read is told before the games are played
    audits.find(auditing.configuration(plan), settings.audits)
    found = auditing.audit(plan, games=games, processes=processes, progress=progress)
    return found, audits.keep(found, settings.audits)


def of_release(
    release: str, *, games: int, processes: int, progress: Progress
) -> tuple[AuditReport, AuditReport | None, bool]:
    """Audit what a release was measured by, from its bundle alone: no source, no credentials, nothing is kept.

    Returns the result, what the bundle has of an audit itself, and whether the program is the one that made it.
    """
    folder = _folder(release)
    candidate = bundle.read(folder.parent, ReleaseId(folder.name))
    plan = auditing.of_release(candidate, progress=progress)
    found = auditing.audit(plan, games=games, processes=processes, progress=progress)
    return found, candidate.audit, candidate.certificate.code_digest == found.code_digest


def _folder(release: str) -> Path:
    """Return the folder of a release: given itself, or by the beginning of its name among this worker's."""
    given = Path(release)
    if given.is_dir():
        return given.resolve()
    if re.fullmatch(r"[0-9a-f]{4,64}", release) is None:
        raise ConfigurationError("--release takes the folder of a release, or its name (4 digits of it at least)")
    home = RawSettings().releases
    found = [path for path in home.glob(f"{release}*") if len(path.name) == _NAME]
    if len(found) != 1:
        raise ConfigurationError(f"{len(found) or 'no'} releases in {home} have a name that begins with {release}")
    return found[0].resolve()


def show(found: AuditReport, *, style: Format) -> None:
    """Print what came out: for people, each kind of evidence in a line of its own."""
    if style is Format.JSON:
        as_json(found.model_dump(mode="json"))
        return
    unlimited = "without bound"
    share = unlimited if found.share is None else f"{found.share:.4f}"
    again = unlimited if found.epsilon_recomputed is None else f"{found.epsilon_recomputed:.4f}"
    proven = f"mu {found.mu_at_least:.4f} of {found.mu:.4f}, epsilon {found.epsilon_at_least:.4f} of {found.epsilon:g}"
    if found.games.count < weighing.FEWEST_GAMES:
        proven = f"nothing: {weighing.FEWEST_GAMES} games are the fewest that bounds can be told from"
    lines = [
        f"{found.games.count:,} games, {found.seconds:.0f} CPU seconds, confidence {found.confidence:.1%}",
        f"  record and replay    {found.differences.count} games in which anything but noisy answers differed",
        f"  sensitivity          {share} of the claim is the most that any answer's numbers moved (at most 1)",
        f"  unmetered            {found.unmetered.count} answers that no event tells of",
        f"  guesses prove        {proven}, at delta {found.delta:g}",
        f"  noise                {found.width:.4f} as wide as claimed, in {found.draws.count:,} draws",
        f"                       {found.width_at_most:.4f} at most, of the narrowest sort",
        f"  cost recomputed      epsilon {again} of {found.epsilon:g}",
        *(f"  not played           {what}" for what in found.not_played),
    ]
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)
    if found.contradicted:
        out.print("[bold red]The claim is contradicted:[/bold red]")
        for fault in found.faults:
            out.print(f"  ✗ {fault.value}: {WORDS[fault]}", highlight=False, soft_wrap=True)
    else:
        out.print("[green]Nothing contradicts the claim.[/green] That does not prove it: see docs/how-to/audit.md")


def tell_kept(found: AuditReport, kept: AuditReport) -> None:
    """Say on standard error whether ``found`` is what runs will use, or what is kept instead."""
    if kept == found:
        err.print(f"Kept for runs of exactly this configuration ({found.configuration[:12]}).", highlight=False)
        return
    what = "contradicted the claim" if kept.contradicted else f"had {kept.games.count:,} games"
    err.print(f"An earlier audit of this configuration {what}, and stays.", highlight=False)


def tell_bundled(found: AuditReport, bundled: AuditReport | None, *, same_program: bool) -> None:
    """Say on standard error how ``found`` stands to the audit that a release has with it."""
    if bundled is None:
        err.print("The release has no audit with it.", highlight=False)
    else:
        games = f"{bundled.games.count:,} games, {len(bundled.faults)} faults"
        same = "the same configuration" if bundled.configuration == found.configuration else "another configuration"
        err.print(f"The audit that the release has with it: {games}, of {same}.", highlight=False)
    if not same_program:
        err.print("The release was made by another version of the program: this one was played.", highlight=False)

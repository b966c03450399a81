"""Time and figures of the judge's attacks: on Adult, beside anonymeter's published ones, and on a whole database.

    python -m benchmarks attacks

Needs the folder `anonymeter_adult` (training, control and CTGAN rows as Parquet): its path is the first argument, or
`../shared/data/anonymeter_adult` beside the checkout. Four synthetic tables are attacked: the training rows themselves,
an independent real half, the same with 30 % training rows put in, and the CTGAN rows.

The database is the clinic's study (``benchmarks/persons.py``), of which half the patients with all they own are
trained on and a tenth are control. Attacked are the training patients, independent ones, the same with 5 % of the
training patients put in, and with the 80 training patients who have the most rows.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.persons import as_synthetic, clinic, of_persons
from gateway import plugins
from gateway.raw.judge.attack import Arena, AttackResult, Interval
from gateway.raw.judge.database import arena_of

ATTACKS = "gateway.raw.judge.attacks"
DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "anonymeter_adult"
FILES = {
    "train": "adults_train_reconstructed.parquet",
    "control": "adults_control.parquet",
    "ctgan": "adults_syn_ctgan.parquet",
}
PUBLISHED = "anonymeter's notebook, CTGAN rows: singling out by one column .014 (0 to .034), by four .029 (0 to .138)"
SEED = 1


def main(folder: Path = DEFAULT) -> int:
    """Print one line per attack and synthetic table; 1 when the data is not there."""
    attack_database()
    missing = [file for file in FILES.values() if not (folder / file).is_file()]
    if missing:
        print(f"benchmarks.attacks: {folder} lacks {', '.join(missing)}; give the folder that holds them", flush=True)
        return 1
    frames = {name: pq.read_table(folder / file) for name, file in FILES.items()}
    frames = {name: frame.cast(frames["train"].schema) for name, frame in frames.items()}
    compiled = attack_all(arena(frames["train"], frames["control"], frames["train"]), show=False)
    print(f"first run, loading or compiling the kernels included: {compiled:.2f} CPU-s")
    for name, each in cases(frames).items():
        rows = f"{each.train.num_rows:,}/{each.control.num_rows:,}/{each.synthetic.num_rows:,} rows"
        print(f"\n{name} ({rows}, {len(each.columns)} columns)")
        print(f"  suite: {attack_all(each, show=True):.2f} CPU-s")
    print(f"\n{PUBLISHED}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, interpreter included")
    return 0


def cases(frames: dict[str, pa.Table]) -> dict[str, Arena]:
    """Return the four arenas, by name."""
    train, control = frames["train"], frames["control"]
    order = np.random.default_rng(SEED).permutation(train.num_rows)
    half = train.num_rows // 2
    ours, others = train.take(order[:half]), train.take(order[half:])
    leaked = pa.concat_tables([ours[: int(0.3 * half)], others[int(0.3 * half) :]])
    return {
        "leak: the training rows": arena(train, control, train),
        "independent real half": arena(ours, control, others),
        "30 % leaked": arena(ours, control, leaked),
        "CTGAN": arena(train, control, frames["ctgan"]),
    }


def arena(train: pa.Table, control: pa.Table, synthetic: pa.Table) -> Arena:
    """Return the arena of three frames, all columns learned."""
    return Arena(train=train, control=control, synthetic=synthetic, columns=tuple(train.column_names), seed=SEED)


def attack_all(target: Arena, *, show: bool) -> float:
    """Run all attacks, print their figures if asked to, and return the CPU seconds taken."""
    started = time.process_time()
    for name in plugins.names(ATTACKS):
        attack = plugins.load(ATTACKS, name)
        if getattr(attack, "of_histories", False) and not target.histories:
            continue
        result: AttackResult = attack().run(target)
        for each in (result, *result.parts) if show else ():
            print(
                f"  {each.attack:44} {each.targets:6,} targets   hit {shown(each.rate)}   control {shown(each.control)}"
                f"   guess {each.baseline.value:.3f}   excess {shown(each.excess)}"
            )
    return time.process_time() - started


def attack_database() -> None:
    """Attack four synthetic versions of the clinic's study, patients with all they own."""
    database = clinic()
    everyone = database.family
    order = np.random.default_rng(SEED).permutation(everyone.units.expose().num_rows)
    half, tenth = len(order) // 2, len(order) // 10
    ours, held_out, others = order[:half], order[half : half + tenth], order[half + tenth :]
    rows = np.sum([np.diff(owned.starts) for owned in everyone.owned.values()], axis=0)
    largest = ours[np.argsort(-rows[ours], kind="stable")[:80]]
    copies = int(0.05 * half)
    made = {
        "leak: the training patients": ours,
        "independent patients": others,
        "5 % leaked": np.concatenate([others[copies:], ours[:copies]]),
        "the 80 largest histories leaked": np.concatenate([others[80:], largest]),
    }
    train, control = of_persons(everyone, ours), of_persons(everyone, held_out)
    for name, chosen in made.items():
        target = arena_of(
            train,
            control,
            as_synthetic(of_persons(everyone, chosen)),
            lineage=database.lineage,
            columns=database.columns,
            seed=SEED,
        )
        print(f"\nclinic: {name} ({half:,}/{tenth:,}/{len(chosen):,} patients)")
        print(f"  suite: {attack_all(target, show=True):.2f} CPU-s")


def shown(interval: Interval) -> str:
    """Return ``.123 (.100 to .150)``."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))

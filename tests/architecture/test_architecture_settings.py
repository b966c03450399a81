"""Two settings classes that share no secret, and references that are resolved without ever being shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from gateway.settings import RawSettings, SyntheticSettings, resolve
from gateway.vocabulary.errors import SettingsError

SECRET = "hunter2-of-the-clinic"


def variables(settings: type[BaseSettings]) -> Iterator[tuple[str, bool]]:
    """Yield every variable a settings class reads, and whether it holds a secret."""
    for name, field in settings.model_fields.items():
        yield f"{settings.model_config['env_prefix']}{name}".upper(), field.annotation is SecretStr


def test_the_two_sides_read_no_variable_in_common() -> None:
    raw, synthetic = dict(variables(RawSettings)), dict(variables(SyntheticSettings))
    assert raw.keys().isdisjoint(synthetic.keys())
    assert any(raw.values())
    assert any(synthetic.values())


def test_no_settings_class_has_room_for_a_database_of_either_side() -> None:
    # Source and target URLs come from the policy's references, each resolved by one side only. A new field here is
    # argued first: could it hold the other side's credential?
    assert set(RawSettings.model_fields) == {"person", "workspace", "records_url", "text_model"}
    assert set(SyntheticSettings.model_fields) == {"person", "workspace", "records_url"}


def test_one_sides_variables_are_not_seen_by_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DESK_RECORDS_URL", f"sqlite:///{SECRET}")
    monkeypatch.setenv("GATEWAY_WORKER_PERSON", "ada")
    assert SECRET not in RawSettings().records_url.get_secret_value()
    assert SyntheticSettings().records_url.get_secret_value() == f"sqlite:///{SECRET}"
    assert SyntheticSettings().person != "ada"


def test_settings_never_print_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_WORKER_RECORDS_URL", SECRET)
    settings = RawSettings()
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"


def test_a_reference_is_resolved_from_a_variable_a_file_or_a_command(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    for environment in ({"A": SECRET}, {"A_FILE": str(file)}, {"A_COMMAND": f"echo {SECRET}"}):
        resolved = resolve("${A}", environment)
        assert resolved.get_secret_value() == SECRET
        assert SECRET not in f"{resolved} {resolved!r}"


def test_a_reference_is_resolved_from_the_process_where_no_environment_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_TEST_URL", SECRET)
    assert resolve("${GATEWAY_TEST_URL}").get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "none is set"),
        ({"A": ""}, "none is set"),
        ({"A": SECRET, "A_COMMAND": f"echo {SECRET}"}, "A and A_COMMAND are set"),
        ({"A": SECRET, "A_FILE": f"/{SECRET}"}, "A and A_FILE are set"),
        ({"A_FILE": f"/nowhere/{SECRET}"}, "A_FILE is set and could not be read"),
        ({"A_COMMAND": f"echo {SECRET} >&2; exit 3"}, "A_COMMAND is set and could not be read or run"),
        ({"A_COMMAND": f"/nowhere/{SECRET}"}, "A_COMMAND is set and could not be read or run"),
    ],
)
def test_what_cannot_be_resolved_is_refused_without_a_word_of_its_contents(
    environment: dict[str, str], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        resolve("${A}", environment)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert SECRET not in "".join(capfd.readouterr())


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe\x00" + SECRET.encode("utf-16"))
    with pytest.raises(SettingsError, match="A_FILE"):
        resolve("${A}", {"A_FILE": str(file)})

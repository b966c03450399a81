"""Whoever stops a command is told what becomes of what had begun, although the library that runs it ends it first."""

from __future__ import annotations

import pytest
import typer

from gateway.cli import main


def _left_with(monkeypatch: pytest.MonkeyPatch, *notes: str) -> int:
    app = typer.Typer()

    @app.command()
    def stopped() -> None:
        interrupt = KeyboardInterrupt()
        for note in notes:
            interrupt.add_note(note)
        raise interrupt

    monkeypatch.setattr(main, "app", app)
    monkeypatch.setattr("sys.argv", ["gateway"])
    return main._run()


def test_what_an_interrupt_notes_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert _left_with(monkeypatch, "Nothing is lost.") == 130
    assert capsys.readouterr().err.split("\n")[:2] == ["interrupted", "Nothing is lost."]


def test_without_a_note_it_is_said_how_a_run_is_taken_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _left_with(monkeypatch) == 130
    assert "gateway run POLICY --resume RUN" in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1, 130])
def test_other_ends_are_left_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    app = typer.Typer()

    @app.command()
    def ended() -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(main, "app", app)
    monkeypatch.setattr("sys.argv", ["gateway"])
    with pytest.raises(SystemExit) as caught:
        main._run()
    assert caught.value.code == code
    assert capsys.readouterr().err == ""

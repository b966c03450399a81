"""A whole run by which rows stay, with the wire to PostgreSQL watched: what comes back holds nothing of anybody."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.acceptance.conftest import PLANTED, POLICY, Gateway

ACCEPTED = "copied_runs, linkability, membership, near_copies, rare_combinations, reconstruction, whole_history"


class Wire:
    """Stands between a client and a server's socket, and keeps what both said."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked, self.told = bytearray(), bytearray()
        self._open: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._open += [client, server]
                for one, other, kept in ((client, server, self.asked), (server, client, self.told)):
                    threading.Thread(target=self._pass_on, args=(one, other, kept), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, kept: bytearray) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65_536):
                kept += said
                other.sendall(said)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.close()


def staying() -> str:
    """Return the clinic's policy with rows that stay, and the values of every text declared."""
    text = POLICY.replace('url: "${SMALL_CLINIC_URL}" }', 'url: "${SMALL_CLINIC_URL}", rows_stay: true }')
    text = text.replace("membership: 1, linkability: 1,", f"inference: 1, accept_not_run: [{ACCEPTED}],")
    for column, values in (
        ("occupation", "nurse, teacher, farmer"), ("reason", "check-up, accident"),
        ("medicine", "aspirin, insulin, statin"),
    ):  # fmt: skip
        text = re.sub(
            rf"({column}: .*?learn), (override: [^}}]*) }}", rf"\1, domain: {{ values: [{values}] }}, \2 }}", text
        )
    return text


@pytest.fixture(scope="module")
def clinic(small_clinic: Callable[..., Gateway]) -> Iterator[tuple[Gateway, Wire]]:
    gateway = small_clinic(staying())
    url = sa.make_url(gateway.source)
    folder = Path(str(url.query["host"]))
    wire = Wire(folder if folder.is_socket() else next(folder.glob(".s.PGSQL.*[0-9]")))
    address = url.set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable", "gssencmode": "disable"})
    gateway.source = address.render_as_string(hide_password=False)
    yield gateway, wire
    wire.close()


@pytest.mark.timeout(400)
@pytest.mark.audit
def test_nothing_but_aggregates_the_catalogue_and_public_tables_comes_back(clinic: tuple[Gateway, Wire]) -> None:
    gateway, wire = clinic
    done = gateway("run", "policy.yaml", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["release"]
    told = wire.told.decode("utf-8", errors="replace")
    assert "surgery" in told, "the wire was not watched"
    assert "ZQXV-comment" in told, "the catalogue's comments"
    # every text, key and amount of the clinic is a canary: none of them came back, but for comments of the catalogue
    assert not PLANTED.search(told.replace("ZQXV-comment", ""))
    asked = wire.asked.decode("utf-8", errors="replace")
    copied = re.findall(r"COPY \(SELECT (.*?)\) TO STDOUT", asked)
    assert {"wards" if '"wards"' in each else each.endswith("LIMIT 0") for each in copied} <= {"wards", True}
    # of people only sums and counts are asked for: what a statement sends is what it selects last
    for statement in re.findall(r"WITH s\d+ AS.*?\x00", asked, re.DOTALL):
        assert re.search(r"\b(count|sum|aggregate_strings|string_agg)\(", statement)

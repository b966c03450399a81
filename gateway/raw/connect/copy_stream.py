"""The rows of one COPY ... TO STDOUT as bytes, as fast as libpq hands them over, in memory bounded by batches.

psycopg's own ``Copy`` waits on the socket in Python before each row, which takes longer than the server takes to make
the row; here libpq itself waits (``PQgetCopyData`` with ``async`` 0) once the first row is announced.
"""

from __future__ import annotations

import io
import select
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING

from psycopg import Error, pq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.pq.abc import PGconn, PGresult

_ROWS = 32_768
_BYTES = 8 * 2**20
_BETWEEN_CHECKS = 64


class CopyFailed(Exception):
    """The server ended the COPY, or the connection broke (then there is no ``sqlstate``). Quotes nothing."""

    def __init__(self, sqlstate: str | None) -> None:
        """Keep the server's own error code."""
        self.sqlstate = sqlstate
        super().__init__(sqlstate)


def copy_rows(connection: PGconn, command: str) -> Iterator[tuple[bytes, array[int]]]:
    """Yield the CopyData messages of ``command``, batch by batch: their bytes one after the other, and their lengths.

    A server sends one message per row. Ends the command when it is left early, by receiving the rest. Raises
    ``CopyFailed``.
    """
    try:
        _start(connection, command.encode())
        more, left = True, True
        try:
            while more:
                buffer, lengths, more = _receive(connection)
                yield buffer, lengths
            left = False
        finally:
            if left:
                # left early or failed already: what else goes wrong here must not hide that
                with suppress(CopyFailed, Error):
                    _finish(connection)
        _finish(connection)
    except Error as error:
        raise CopyFailed(error.sqlstate) from None


def _receive(connection: PGconn) -> tuple[bytes, array[int], bool]:
    messages, lengths = io.BytesIO(), array("q")
    # each message is copied out at once: keeping 32,768 small objects alive costs more than receiving them
    receive, keep, note = connection.get_copy_data, messages.write, lengths.append
    while len(lengths) < _ROWS and messages.tell() < _BYTES:
        for _ in range(_BETWEEN_CHECKS):
            length, message = receive(0)
            if length < 0:
                return messages.getvalue(), lengths, False
            keep(message)
            note(length)
    return messages.getvalue(), lengths, True


def _start(connection: PGconn, command: bytes) -> None:
    """Send ``command`` and wait for the server's answer in Python, so that a long wait can be interrupted."""
    connection.send_query(command)
    socket = select.poll()
    socket.register(connection.socket, select.POLLIN | select.POLLOUT)
    while connection.flush():
        socket.poll()
        connection.consume_input()
    socket.modify(connection.socket, select.POLLIN)
    while connection.is_busy():
        socket.poll()
        connection.consume_input()
    result = connection.get_result()
    if result is None or result.status != pq.ExecStatus.COPY_OUT:
        _finish(connection)
        raise CopyFailed(_sqlstate(result))


def _finish(connection: PGconn) -> None:
    while connection.status == pq.ConnStatus.OK and connection.transaction_status == pq.TransactionStatus.ACTIVE:
        result = connection.get_result()
        if result is None:
            return
        if result.status == pq.ExecStatus.COPY_OUT:
            while connection.get_copy_data(0)[0] > 0:
                pass
        elif result.status == pq.ExecStatus.FATAL_ERROR:
            code = _sqlstate(result)
            while connection.status == pq.ConnStatus.OK and connection.get_result() is not None:
                pass
            raise CopyFailed(code)
    if connection.status != pq.ConnStatus.OK:
        raise CopyFailed(None)


def _sqlstate(result: PGresult | None) -> str | None:
    code = result.error_field(pq.DiagnosticField.SQLSTATE) if result else None
    return code.decode("ascii", "replace") if code else None

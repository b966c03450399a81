"""Open a production database by its URL, and read whole tables from a snapshot of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import sqlalchemy as sa

from gateway import plugins
from gateway.raw.connect.introspection import chosen
from gateway.raw.rows import RawTable
from gateway.vocabulary.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from gateway.raw.connect.source import Snapshot, Source
    from gateway.vocabulary.schema import Table

_log = logging.getLogger(__name__)
_SOURCES = "gateway.raw.connect.sources"
_OTHER_NAMES = {"mariadb": "mysql", "postgres": "postgresql"}


def open_source(url: SecretStr, schema: str | None) -> Source:
    """Return the source that ``url``, a SQLAlchemy URL, points at; nothing is connected yet.

    ``schema`` is the database schema to read, the role's default one when None. ``SettingsError`` when the URL is
    malformed or no plugin knows its scheme; neither shows the URL.
    """
    text = url.get_secret_value()
    scheme = text.partition("://")[0].partition("+")[0].lower()
    name = _OTHER_NAMES.get(scheme, scheme)
    known = plugins.names(_SOURCES)
    if "://" not in text or name not in known:
        shown = f"starts with {scheme}://" if "://" in text and scheme.isidentifier() else "is no URL"
        raise SettingsError(
            f"the source's URL {shown}; expected one such as {known[0]}://user:password@host/database, "
            f"of a known kind: {', '.join(known)}"
        )
    try:
        sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(
            "the source's URL is malformed; expected dialect://user:password@host:port/database, "
            "with special characters in the password written as %40 and the like"
        ) from None
    return cast("Source", plugins.load(_SOURCES, name)(url, schema))


def read_table(snapshot: Snapshot, table: Table, progress: Callable[[int], None]) -> RawTable:
    """Return all rows of exactly ``table.columns``, in that order; ``progress`` gets the row count of each batch.

    ``SourceRefused`` when ``table`` has a column that cannot be read (of an unsupported type, or not in the snapshot):
    which columns to leave out is the policy's decision. The caller answers for the memory that the rows take.
    """
    names = [column.name for column in chosen(table, [column.name for column in table.columns])]
    batches = []
    for batch in snapshot.batches(table.name, names):
        batches.append(batch)
        progress(batch.num_rows)
    _log.info("table read", extra={"table": table.name, "columns": len(names)})
    return RawTable(table, pa.Table.from_batches(batches, table.arrow_schema()))

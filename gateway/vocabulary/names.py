"""Names that must not be mixed up, as types of their own."""

from typing import NewType

TableName = NewType("TableName", str)
ColumnName = NewType("ColumnName", str)
UnitName = NewType("UnitName", str)
"""The unit of protection in the ledger, such as ``patient``."""
SystemName = NewType("SystemName", str)
"""A source or target system as policies and the ledger call it; never a URL."""
RunId = NewType("RunId", str)
ReleaseId = NewType("ReleaseId", str)
"""The hexadecimal SHA-256 of a release candidate's manifest: a release is named by what it is."""
Person = NewType("Person", str)
"""Somebody who acts on the gateway: requester, steward. Not a person in the data."""

"""Run the migrations on the connection, and inside the transaction, that ``upgrading`` holds the lock in."""

from alembic import context

from gateway.records.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    compare_type=True,
)
context.run_migrations()

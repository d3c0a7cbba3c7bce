"""Run by Alembic. `models.migrations.upgrade` hands the connection over in ``config.attributes``."""

from alembic import context

from models.migrations.upgrade import configure

configure(context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()

"""The ground every record stands on."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Named from day one: Alembic can only change a constraint on SQLite whose name it knows.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """A record."""

    metadata = MetaData(naming_convention=NAMING)

"""Triggers that make the audit log and the gallery's changes append-only, and lock decisions, on both databases.

SQLite drops a table's triggers when a migration copies it, so they are put back after every upgrade.
"""

from sqlalchemy import Connection, inspect

from models.migrations.locks import KINDS, LOCKED, POSTGRESQL_FUNCTIONS, Locked, postgresql_locks, sqlite_locks

APPEND_ONLY = ("audit", "gallery_changes")

_SQLITE = {
    "update": "CREATE TRIGGER {t}_no_update BEFORE UPDATE ON {t} BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END",
    "delete": "CREATE TRIGGER {t}_no_delete BEFORE DELETE ON {t} BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END",
    # INSERT OR REPLACE and UPSERT would overwrite a row without an UPDATE or DELETE of their own.
    "replace": (
        "CREATE TRIGGER {t}_no_replace BEFORE INSERT ON {t} WHEN EXISTS (SELECT 1 FROM {t} WHERE number = NEW.number)"
        " BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END"
    ),
}

_POSTGRESQL_FUNCTION = (
    "CREATE OR REPLACE FUNCTION homeward_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
)
_POSTGRESQL = {
    "change": (
        "CREATE TRIGGER {t}_no_change BEFORE UPDATE OR DELETE ON {t}"
        " FOR EACH ROW EXECUTE FUNCTION homeward_append_only()"
    ),
    # TRUNCATE fires no row trigger.
    "truncate": (
        "CREATE TRIGGER {t}_no_truncate BEFORE TRUNCATE ON {t}"
        " FOR EACH STATEMENT EXECUTE FUNCTION homeward_append_only()"
    ),
}


def install_guards(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        for function in (_POSTGRESQL_FUNCTION, *POSTGRESQL_FUNCTIONS):
            connection.exec_driver_sql(function)
    for table in _standing(connection):
        for statement in (_SQLITE if sqlite else _POSTGRESQL).values():
            connection.exec_driver_sql(statement.format(t=table))
    for locked in _lockable(connection):
        for statement in sqlite_locks(locked) if sqlite else postgresql_locks(locked):
            connection.exec_driver_sql(statement)


def remove_guards(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    tables = set(inspect(connection).get_table_names())
    append_only = [(table, f"no_{kind}") for table in APPEND_ONLY for kind in (_SQLITE if sqlite else _POSTGRESQL)]
    for table, kind in [*append_only, *((locked.table, kind) for locked in LOCKED for kind in KINDS)]:
        if table in tables:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_{kind}{'' if sqlite else f' ON {table}'}")


def _standing(connection: Connection) -> list[str]:
    names = set(inspect(connection).get_table_names())
    return [table for table in APPEND_ONLY if table in names]


def _lockable(connection: Connection) -> list[Locked]:
    """Those whose columns are there: a database may be at an earlier step."""
    found = inspect(connection)
    tables = set(found.get_table_names())
    return [
        locked
        for locked in LOCKED
        if locked.table in tables and set(locked.columns) <= {each["name"] for each in found.get_columns(locked.table)}
    ]

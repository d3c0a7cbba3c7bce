"""Triggers that make the audit log and the gallery's changes append-only, on both databases.

SQLite drops a table's triggers when a migration copies it, so they are put back after every upgrade.
"""

from sqlalchemy import Connection, inspect

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
        connection.exec_driver_sql(_POSTGRESQL_FUNCTION)
    for table in _standing(connection):
        for statement in (_SQLITE if sqlite else _POSTGRESQL).values():
            connection.exec_driver_sql(statement.format(t=table))


def remove_guards(connection: Connection) -> None:
    sqlite = connection.dialect.name == "sqlite"
    for table in _standing(connection):
        for kind in _SQLITE if sqlite else _POSTGRESQL:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_no_{kind}{'' if sqlite else f' ON {table}'}")


def _standing(connection: Connection) -> list[str]:
    names = set(inspect(connection).get_table_names())
    return [table for table in APPEND_ONLY if table in names]

"""`python -m models.migrations check` compares records and migrations; `revise "what changes"` writes the next step."""

import sys
import tempfile
from pathlib import Path

from alembic import command

from models.migrations.upgrade import alembic_config, drift, newest, upgrade
from models.session import open_sqlite


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check"]:
            return _check()
        case ["revise", message]:
            return _revise(message)
    sys.stderr.write(f"{__doc__}\n")
    return 2


def _check() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = open_sqlite(Path(folder) / "check.db", "00" * 32)
        upgrade(database)
        differences = drift(database)
        database.close()
    for difference in differences:
        sys.stderr.write(f"{difference}\n")
    sys.stdout.write(f"migrations {'differ from' if differences else 'agree with'} the records at {newest()}\n")
    return 1 if differences else 0


def _revise(message: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = open_sqlite(Path(folder) / "revise.db", "00" * 32)
        earlier = len(list((Path(__file__).parent / "versions").glob("[0-9]*.py")))
        if earlier:
            upgrade(database)
        config = alembic_config()
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{earlier + 1:04d}")
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The `homeward` program.

Exit status: 0, 1 (did not hold; one line on standard error says why), 2 (wrong usage or settings).
"""

import logging
import os
import sys

import typer

from app.commands.audit import audit
from app.commands.doctor import doctor_command
from app.commands.erase import erase
from app.commands.init import init_command
from app.commands.keys import keys
from app.commands.photos import photos
from app.commands.retention import retention
from app.commands.serve import serve_command
from app.commands.users import users
from app.demo.command import demo_command
from app.settings import ServiceSettings
from indexer.cli import indexer_commands, plain_errors
from indexer.logs import configure_logs, end_plainly

cli = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks would show local variables
    add_completion=False,
    help="Homeward: the machine proposes candidates, people decide.",
)
cli.command("init")(init_command)
cli.command("serve")(serve_command)
cli.add_typer(indexer_commands(ServiceSettings))
cli.add_typer(users, name="users")
cli.add_typer(keys, name="keys")
cli.add_typer(photos, name="photos")
cli.add_typer(erase, name="erase")
cli.add_typer(retention, name="retention")
cli.add_typer(audit, name="audit")
cli.command("doctor")(doctor_command)
cli.command("demo")(demo_command)


def main() -> None:
    os.umask(0o077)  # whatever a command writes is its owner's alone
    configure_logs(level=logging.WARNING)
    try:
        with plain_errors():
            cli(prog_name="homeward")
    except typer.Exit as stopped:
        sys.exit(stopped.exit_code)
    finally:
        sys.excepthook = end_plainly  # Typer puts its own there, which prints the words of an error

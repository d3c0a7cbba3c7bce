"""`homeward doctor`: is everything as it should be?"""

from dataclasses import asdict

import typer

from app.commands.common import AsJson, opened, say_json
from app.services.checkup import examine


def doctor_command(as_json: AsJson = False) -> None:
    """Check key, schema, database, pack, stored files, gallery and audit log; exit status 1 if one is not well."""
    with opened() as context:
        findings = list(examine(context, lambda: context.pack.info))
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{'well' if finding.well else 'NOT WELL':8}  {finding.check}: {finding.detail}")
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)

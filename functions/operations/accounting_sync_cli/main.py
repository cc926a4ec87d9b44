"""The command `accounting-sync`."""

import typer

from accounting_sync_cli import (
    connecting,
    looking,
    mapping,
    notices,
    reasons,
    repairing,
    runs,
    totals,
    trying,
)
from accounting_sync_cli.console import console
from accounting_sync_cli.context import RootGroup, common_options
from accounting_sync_cli.exports.audit_file import audit_file
from accounting_sync_cli.exports.commands import export

EPILOG = (
    "The options above may stand anywhere. Exit codes: 0 done; 1 a function failed; 2 the command cannot be"
    " used like this; 3 not found; 4 not allowed; 5 try again later; 6 not confirmed; 7 needs repair;"
    " 130 interrupted."
)

app = typer.Typer(
    name="accounting-sync", cls=RootGroup, callback=common_options, no_args_is_help=True, epilog=EPILOG
)
connections = typer.Typer(no_args_is_help=True, help="See, pause and set up connections.")

app.command()(looking.status)
app.add_typer(looking.events, name="events")
looking.events.command("reread")(connecting.reread)
app.add_typer(looking.documents, name="documents")
app.add_typer(connections, name="connection")
app.add_typer(mapping.mapping, name="mapping")
app.add_typer(notices.notices, name="notices")
app.add_typer(console, name="console")
app.add_typer(export, name="export")
app.command()(mapping.doctor)
app.command()(reasons.reasons)
app.command()(connecting.trigger)
app.command()(runs.reconcile)
app.command()(runs.backfill)
app.command()(totals.totals)
app.add_typer(runs.runs, name="runs")

looking.documents.command()(repairing.unlink)

export.command()(audit_file)

mapping.mapping.command("try")(trying.try_document)
mapping.mapping.command()(trying.learn)

connections.command("list")(looking.list_connections)
connections.command("show")(looking.show_connection)
connections.command()(repairing.pause)
connections.command()(repairing.resume)
connections.command()(connecting.add)
connections.command()(connecting.rotate)
connections.command()(connecting.remove)

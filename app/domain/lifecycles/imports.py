"""The lifecycle of imports of spreadsheets."""

from app.domain.lifecycle import Lifecycle, Party, row

STAFF, SYSTEM = Party.STAFF, Party.SYSTEM

IMPORT_RUN = Lifecycle(
    subject="import_run",
    states=("uploaded", "checking", "checked", "applying", "done", "cancelled", "failed"),
    initial="uploaded",
    transitions=(
        # With other columns, what a check found no longer counts.
        row("uploaded checked failed", "map", "uploaded", STAFF),
        # The command line checks and confirms as the operator, which is the system.
        row("uploaded checked failed", "check", "checking", STAFF, SYSTEM),
        row("checking", "finish_check", "checked", SYSTEM),
        row("checked", "confirm", "applying", STAFF, SYSTEM),
        row("applying", "finish", "done", SYSTEM),
        # Something that was checked has changed meanwhile: nothing was written, and a person looks again.
        row("applying", "return", "checked", SYSTEM),
        row("checking applying", "fail", "failed", SYSTEM),
        row("uploaded checking checked failed", "cancel", "cancelled", STAFF, SYSTEM),
    ),
)

"""Empty tables to be filled in, with the headings that imports know without asking."""

from app.domain import texts
from app.services.imports import writing
from app.services.imports.kind import Kind


def write_spreadsheet(kind: Kind) -> tuple[str, bytes]:
    """Return name and content of the template of a kind; plain work for the processor, for a thread."""
    return texts.IMPORT_TEMPLATE_FILE.format(title=kind.title, suffix="xlsx"), writing.template(
        kind.title, kind.columns
    )


def write_text(kind: Kind) -> tuple[str, bytes]:
    """Return name and content of the headings of a kind alone."""
    return texts.IMPORT_TEMPLATE_FILE.format(title=kind.title, suffix="csv"), writing.export_csv(kind.columns, ())

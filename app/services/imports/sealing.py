"""What an import keeps sealed: the file, the report, and what was found of each row (I12).

Each opens only for the import it was sealed for, and a row only at its place in the file.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from app.core.security import seal, unseal
from app.domain.sheets.faults import Fault
from app.services.imports.kind import Change, Judged

FILE, REPORT, ROW = b"import-file", b"import-report", b"import-row"


def seal_file(secret: str, import_id: UUID, content: bytes) -> bytes:
    """Seal the file."""
    return seal(secret, FILE, content, bound_to=import_id.bytes)


def open_file(secret: str, import_id: UUID, sealed: bytes) -> bytes:
    """Return the file. Raises BrokenSealError."""
    return unseal(secret, FILE, sealed, bound_to=import_id.bytes)


def seal_report(secret: str, import_id: UUID, content: bytes) -> bytes:
    """Seal the report."""
    return seal(secret, REPORT, content, bound_to=import_id.bytes)


def open_report(secret: str, import_id: UUID, sealed: bytes) -> bytes:
    """Return the report. Raises BrokenSealError."""
    return unseal(secret, REPORT, sealed, bound_to=import_id.bytes)


def findings_of(judged: Judged) -> bytes:
    """Return what was found of a row, as it is kept: the same bytes for the same findings."""
    return to_json(
        {
            "label": judged.label,
            "faults": [_fault(fault) for fault in judged.faults],
            "changes": [[change.column, change.old, change.new] for change in judged.changes],
        }
    )


def _fault(fault: Fault) -> list[str | None]:
    return [fault.code, fault.sentence, fault.column]


def seal_row(secret: str, import_id: UUID, number: int, findings: bytes) -> bytes:
    """Seal what was found of a row."""
    return seal(secret, ROW, findings, bound_to=_place(import_id, number))


def open_row(secret: str, import_id: UUID, number: int, sealed: bytes) -> bytes:
    """Return what was found of a row, as ``findings_of`` gave it. Raises BrokenSealError."""
    return unseal(secret, ROW, sealed, bound_to=_place(import_id, number))


def read_findings(findings: bytes) -> tuple[str, list[Fault], list[Change]]:
    """Return label, faults and changes of a row."""
    kept: dict[str, Any] = from_json(findings)
    faults: Sequence[Sequence[Any]] = kept["faults"]
    changes: Sequence[Sequence[str]] = kept["changes"]
    return kept["label"], [Fault(*fault) for fault in faults], [Change(*change) for change in changes]


def _place(import_id: UUID, number: int) -> bytes:
    return import_id.bytes + number.to_bytes(4)

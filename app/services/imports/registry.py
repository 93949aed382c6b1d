"""Every kind of import."""

from app.domain.caller import Role
from app.domain.kinds import ImportKind
from app.services.imports import areas, units
from app.services.imports.kind import Kind

KINDS: dict[ImportKind, Kind] = {kind.kind: kind for kind in (areas.AREAS, units.UNITS)}

STAFF_KINDS = [kind for kind, declared in KINDS.items() if declared.role == Role.STAFF]
"""What staff may import who may enter the same one by one."""

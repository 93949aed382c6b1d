"""Every kind of import."""

from app.domain.caller import Role
from app.domain.kinds import ImportKind
from app.services.imports import areas, buildings, members, merchants, posts, units, volunteers
from app.services.imports.kind import Kind

ALL = (
    areas.AREAS,
    units.UNITS,
    members.MEMBERS,
    volunteers.VOLUNTEERS,
    posts.POSTS,
    merchants.MERCHANTS,
    buildings.BUILDINGS,
)
KINDS: dict[ImportKind, Kind] = {kind.kind: kind for kind in ALL}

STAFF_KINDS = [kind for kind, declared in KINDS.items() if declared.role == Role.STAFF]
"""What staff may import who may enter the same one by one."""

"""What people send to the API, with everything in it."""

import secrets
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image

from app.domain import licence

OFFER_FORM: dict[str, Any] = {
    "kind": "goods",
    "title": "小面一碗",
    "description": "微辣。",
    "terms": "堂食，凭券一次一碗。",
    "points": 5,
    "stock": 10,
    "per_person_limit": 5,
    "per_day_limit": 8,
    "valid_from": "2026-01-01T00:00:00+08:00",
    "valid_until": "2099-12-31T23:59:59+08:00",
    "opening_hours": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "to": "21:30"}],
}
"""What an owner sends to add an offer, with everything in it."""

TEAM_FORM: dict[str, Any] = {
    "name": "红马甲志愿队",
    "introduction": "街坊自己的志愿队，什么都修。",
    "services": [
        {
            "title": "周六义务维修",
            "description": "小家电免费修。",
            "hours": [{"weekdays": [6], "from": "09:00", "to": "11:30"}],
        }
    ],
}
"""What a helper sends to found a team, but for its area."""

VENUE_FORM: dict[str, Any] = {
    "kind": "service_centre",
    "name": "湖滨党群服务中心",
    "vicinity": "公园东门旁",
    "address": "湖滨路12号",
    "location": {"longitude": 117.870123, "latitude": 36.803456},
    "telephone": "0533-6181234",
    "opening_hours": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:30"}],
    "note": "二楼办事，一楼休息。",
}
"""What staff send to put a venue on the map, with everything in it."""

CONTACT_POINT: dict[str, Any] = {"kind": "contact_point", "name": "第三网格中心户", "telephone": None}
"""What makes it somebody's home."""

BUILDING_FORM: dict[str, Any] = {
    "name": "幸福路12号院3号楼",
    "aliases": ["老纺织厂宿舍3栋"],
    "households": 48,
}
"""What staff send to put a building on the list of a grid."""

COMPLAINT_FORMS: dict[str, dict[str, Any]] = {
    "answer": {"answer": "今天换好了灯泡。", "outcome": "resolved"},
    "wait": {"reason": "请告诉我们是哪一盏灯。"},
    "reject": {"reason": "不属于本社区。"},
    "rate": {"is_satisfied": True},
}

DISPATCH_FORM: dict[str, Any] = {"instructions": "请到现场查看并修好。"}

COMPLAINT_WAYS = {
    "accepted": ("accept",),
    "waiting": ("accept", "wait"),
    "answered": ("accept", "answer"),
    "closed": ("accept", "answer", "rate"),
    "rejected": ("reject",),
    "withdrawn": ("withdraw",),
}
"""How a complaint comes into a state, and what is sent for it."""


def new_licence_number() -> str:
    """Return a licence number that no other shop has."""
    digits = "".join(secrets.choice(licence.ALPHABET) for _ in range(7))
    first = f"92510104MA{digits}"
    return first + licence.check_character(first)


def shop_form(area_id: UUID, **changes: object) -> dict[str, object]:
    """Return an application with a shop."""
    return {
        "area_id": str(area_id),
        "name": "小面馆",
        "licence_number": new_licence_number(),
        "documents": [{"title": "营业执照", "reference": "档案柜 3-12"}],
    } | changes


def picture_file(colour: str = "green", form: str = "PNG", size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a picture of one colour."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()

"""Making what a test starts from: a world, by what is made in it, and the forms that people send."""

from tests.factories.complaints import Complaints
from tests.factories.forms import (
    BUILDING_FORM,
    COMPLAINT_FORMS,
    CONTACT_POINT,
    DISPATCH_FORM,
    OFFER_FORM,
    TEAM_FORM,
    VENUE_FORM,
    new_licence_number,
    picture_file,
    shop_form,
)
from tests.factories.groups import Groups
from tests.factories.rows import (
    give_points,
    log_in,
    make_area,
    make_grant,
    make_member,
    make_picture,
    make_unit,
    make_user,
    person_of,
)
from tests.factories.service import REWARD_POINTS, Service
from tests.factories.shops import Shops

__all__ = [
    "BUILDING_FORM",
    "COMPLAINT_FORMS",
    "CONTACT_POINT",
    "DISPATCH_FORM",
    "OFFER_FORM",
    "REWARD_POINTS",
    "TEAM_FORM",
    "VENUE_FORM",
    "World",
    "give_points",
    "log_in",
    "make_area",
    "make_grant",
    "make_member",
    "make_picture",
    "make_unit",
    "make_user",
    "new_licence_number",
    "person_of",
    "picture_file",
    "shop_form",
]


class World(Service, Groups, Complaints, Shops):
    """A district with everything that is made in one."""

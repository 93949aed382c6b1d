"""What may ring beside the inbox."""

from app.domain.message_kinds import AskedMoment, MessageKind
from app.schemas.fields import Out


class MomentOut(Out):
    """When to ask the user, after a tap, and for which templates: five at most, for one ``requestSubscribeMessage``."""

    moment: AskedMoment
    template_ids: list[str]


class TemplateOut(Out):
    """One of WeChat's templates, which messages ring by it, and how many more of them the caller takes.

    ``is_refused`` says that the caller has declined it: do not press them. A long-term one rings as often as need be
    while ``credits`` is not 0.
    """

    template_id: str
    title: str
    kinds: list[MessageKind]
    is_long_term: bool
    credits: int
    is_refused: bool


class SubscriptionsOut(Out):
    """What a client may ask for, and what the caller has let ring so far, as WeChat told the server."""

    moments: list[MomentOut]
    templates: list[TemplateOut]
    actions: list[str]

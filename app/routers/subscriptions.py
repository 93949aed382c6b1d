"""What may ring the caller's phone beside the inbox."""

from fastapi import APIRouter, Response

from app.deps import CallerDep, ReadsDep, TemplatesDep, answer
from app.schemas.subscriptions import SubscriptionsOut
from app.services import subscriptions

router = APIRouter(prefix="/me/subscriptions", tags=["messages"])


@router.get("", response_model=SubscriptionsOut)
async def list_subscriptions(caller: CallerDep, reads: ReadsDep, templates: TemplatesDep) -> Response:
    """List the templates to ask the caller for, and how many messages they still take of each."""
    return answer(await subscriptions.list_own(reads, caller, templates))

"""Joint cases of repeats: the same topic in the same place again and again; for staff."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, SecretDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.complaints import ReasonIn
from app.schemas.fields import Page
from app.schemas.joint_cases import JointCaseDetailOut, JointCaseOut, JointCaseStatus
from app.services import joint_cases

router = APIRouter(prefix="/joint-cases", tags=["complaints"])


@router.get(
    "", response_model=Page[JointCaseOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid")
)
async def list_joint_cases(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: JointCaseStatus = "open",
) -> Response:
    """List what is wrong again and again in an area and those below it, newest first."""
    return answer(await joint_cases.list_of_area(reads, secret, caller, area_id, status, page))


@router.get("/{case_id}", response_model=JointCaseDetailOut, responses=responses("not-found", "invalid-payload"))
async def get_joint_case(case_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get a joint case with its complaints."""
    return answer(await joint_cases.get(reads, secret, caller, case_id))


@router.post(
    "/{case_id}/close",
    response_model=JointCaseDetailOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-allowed", "own-interest", "not-found", "state-conflict"
    ),
)
async def close_joint_case(
    case_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Say that it is mended, as staff above the grid; each complaint is still answered by itself."""
    await joint_cases.close(work.connection, secret, caller, case_id, form.reason)
    return work.answer(await joint_cases.get(work.connection, secret, caller, case_id))

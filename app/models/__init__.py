"""Tables, their constraints and indexes. They guarantee; schemas validate."""

from sqlmodel import SQLModel

from app.models.adjustment import Adjustment
from app.models.api_key import ApiKey
from app.models.area import Area, AreaPeriod
from app.models.area_order import AreaOrder, OrderPart
from app.models.area_shape import AreaShape
from app.models.attendance import Attendance
from app.models.branch import Branch, BranchCandidacy, BranchMember, BranchTerm
from app.models.building import Building
from app.models.calendar_edition import CalendarEdition
from app.models.calendar_link import CalendarLink
from app.models.call_out import CallOut, CallOutGroup, CallOutPerson
from app.models.circle import Circle, CircleArea
from app.models.claim import Claim
from app.models.complaint import Complaint, ComplaintCategory, ComplaintPerson, ComplaintRating
from app.models.complaint_news import ComplaintNews
from app.models.complaint_step import ComplaintStep
from app.models.complaint_text import CategoryWord, ComplaintText
from app.models.content_check import ContentCheck
from app.models.digest import Digest
from app.models.donation import Donation
from app.models.errand import Errand
from app.models.event import Event
from app.models.failed_try import FailedTry
from app.models.grant import Grant
from app.models.handling_rule import HandlingRule
from app.models.idempotency import IdempotencyKey
from app.models.identification import Identification
from app.models.import_run import ImportProgress, ImportRow, ImportRun
from app.models.joint_case import JointCase
from app.models.leaving import Leaving
from app.models.ledger import LedgerAccount, LedgerBalance, LedgerTransfer
from app.models.ledger_halt import LedgerHalt
from app.models.ledger_seal import LedgerLeaf, LedgerSeal
from app.models.lending import LendingGap, LendingLine, LendingPlan, Loan, LoanPeriod, LoanRequest
from app.models.media import Media
from app.models.member import Member
from app.models.merchant import Clerk, ClerkInvite, Merchant
from app.models.message import Message
from app.models.offer import Offer, OfferTaker
from app.models.person import Person, Stay
from app.models.pledge import Pledge
from app.models.policy import Award, PointsPolicy, PointsWarning
from app.models.post import Post, PostHolding
from app.models.push_event import PushEvent
from app.models.rate import RateCount, RatePublication
from app.models.ring import Ring
from app.models.scene_token import SceneToken
from app.models.settlement import Settlement, SettlementCounter, SettlementLine
from app.models.staffing_rule import StaffingRule
from app.models.strength_rule import StrengthRule
from app.models.subscription import MessageCredit, MessageTemplate
from app.models.task import Task
from app.models.task_call import TaskCall, TaskCallAnswer
from app.models.task_list import TaskList
from app.models.task_series import TaskSeries
from app.models.task_tag import TaskTag
from app.models.task_text import TaskText
from app.models.team import Alliance, AllianceTeam, Team, TeamMember
from app.models.unit import Unit, UnitArea, UnitWorker
from app.models.user import User, UserDevice
from app.models.user_phone import UserPhone
from app.models.venue import Venue
from app.models.volunteer import Volunteer
from app.models.voucher import Redemption, Voucher
from app.models.waiter import Waiter
from app.models.wechat_token import WechatToken
from app.models.wish import Wish
from app.models.worker import WorkerHeartbeat

metadata = SQLModel.metadata

__all__ = [
    "Adjustment",
    "Alliance",
    "AllianceTeam",
    "ApiKey",
    "Area",
    "AreaOrder",
    "AreaPeriod",
    "AreaShape",
    "Attendance",
    "Award",
    "Branch",
    "BranchCandidacy",
    "BranchMember",
    "BranchTerm",
    "Building",
    "CalendarEdition",
    "CalendarLink",
    "CallOut",
    "CallOutGroup",
    "CallOutPerson",
    "CategoryWord",
    "Circle",
    "CircleArea",
    "Claim",
    "Clerk",
    "ClerkInvite",
    "Complaint",
    "ComplaintCategory",
    "ComplaintNews",
    "ComplaintPerson",
    "ComplaintRating",
    "ComplaintStep",
    "ComplaintText",
    "ContentCheck",
    "Digest",
    "Donation",
    "Errand",
    "Event",
    "FailedTry",
    "Grant",
    "HandlingRule",
    "IdempotencyKey",
    "Identification",
    "ImportProgress",
    "ImportRow",
    "ImportRun",
    "JointCase",
    "Leaving",
    "LedgerAccount",
    "LedgerBalance",
    "LedgerHalt",
    "LedgerLeaf",
    "LedgerSeal",
    "LedgerTransfer",
    "LendingGap",
    "LendingLine",
    "LendingPlan",
    "Loan",
    "LoanPeriod",
    "LoanRequest",
    "Media",
    "Member",
    "Merchant",
    "Message",
    "MessageCredit",
    "MessageTemplate",
    "Offer",
    "OfferTaker",
    "OrderPart",
    "Person",
    "Pledge",
    "PointsPolicy",
    "PointsWarning",
    "Post",
    "PostHolding",
    "PushEvent",
    "RateCount",
    "RatePublication",
    "Redemption",
    "Ring",
    "SceneToken",
    "Settlement",
    "SettlementCounter",
    "SettlementLine",
    "StaffingRule",
    "Stay",
    "StrengthRule",
    "Task",
    "TaskCall",
    "TaskCallAnswer",
    "TaskList",
    "TaskSeries",
    "TaskTag",
    "TaskText",
    "Team",
    "TeamMember",
    "Unit",
    "UnitArea",
    "UnitWorker",
    "User",
    "UserDevice",
    "UserPhone",
    "Venue",
    "Volunteer",
    "Voucher",
    "Waiter",
    "WechatToken",
    "Wish",
    "WorkerHeartbeat",
    "metadata",
]

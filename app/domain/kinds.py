"""The closed lists of the product's words, as code, tables and API spell them."""

from enum import StrEnum


class AreaKind(StrEnum):
    """Nodes of the governance tree: 区, 街道, 社区, 网格, 责任区/楼栋."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    POST = "post"


class VenueKind(StrEnum):
    """Where people find the Party's and the community's services."""

    PARTY_STATION = "party_station"  # 红色驿站
    SERVICE_CENTRE = "service_centre"  # 党群服务中心
    CONTACT_POINT = "contact_point"  # 中心户: a neighbour's home
    OTHER = "other"


class CoordinateSystem(StrEnum):
    """How places are written down."""

    GCJ02 = "gcj02"  # what WeChat and Chinese maps show
    WGS84 = "wgs84"  # what satellites and the rest of the world say


class UnitKind(StrEnum):
    """Organisations that members work for or that sit in an area."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    NON_PUBLIC_ENTERPRISE = "non_public_enterprise"
    SOCIAL_ORGANISATION = "social_organisation"
    PROPERTY = "property"
    DEPARTMENT = "department"


class MemberKind(StrEnum):
    """Party members: 在职, 离退休, 流动, 无职, 两新组织."""

    IN_SERVICE = "in_service"
    RETIRED = "retired"
    FLOATING = "floating"
    UNASSIGNED = "unassigned"
    NEW_SECTOR = "new_sector"  # works for a non-public enterprise or a social organisation


EMPLOYED_KINDS = (MemberKind.IN_SERVICE, MemberKind.NEW_SECTOR)
"""Members who have a work unit; others may have one."""


class Hat(StrEnum):
    """What somebody is to a grid that counts as its strength."""

    MEMBER = "member"
    VOLUNTEER = "volunteer"


class CandidacyOrigin(StrEnum):
    """How somebody came to stand for secretary of a branch."""

    RECOMMENDED = "recommended"  # 组织推荐: by staff, with the member's own yes
    SELF_NOMINATED = "self_nominated"  # 自荐


class TermEnd(StrEnum):
    """Why somebody is secretary of a branch no more."""

    HANDED_OVER = "handed_over"
    VACATED = "vacated"  # resigned, or relieved by staff
    LEFT = "left"  # is not in the branch any more
    DISSOLVED = "dissolved"  # the branch is no more


class SecretaryState(StrEnum):
    """How a branch stands for a secretary."""

    IN_OFFICE = "in_office"
    OVERDUE = "overdue"  # in office beyond the last day of the term
    VACANT = "vacant"


class MissingReason(StrEnum):
    """Why a lending plan leaves a grid below the rule."""

    NONE_TO_SPARE = "none_to_spare"  # every grid of the plan lends all that it can spare
    TOO_FAR = "too_far"  # those who could be spared live beyond the greatest distance


class PostQueue(StrEnum):
    """What waits for somebody and belongs to a post."""

    COMPLAINTS = "complaints"  # to be accepted or answered
    WISHES = "wishes"  # to be reviewed, or in dispute
    ENROLMENTS = "enrolments"  # members and volunteers to be approved
    DELIVERIES = "deliveries"  # services to be verified


class ImportKind(StrEnum):
    """What spreadsheets tell of: each kind has columns of its own."""

    AREAS = "areas"
    UNITS = "units"
    MEMBERS = "members"
    VOLUNTEERS = "volunteers"
    POSTS = "posts"
    MERCHANTS = "merchants"
    BUILDINGS = "buildings"


class Verdict(StrEnum):
    """What an import would do, or did, with a row of its file."""

    ADDED = "added"
    CHANGED = "changed"
    UNTOUCHED = "untouched"
    REFUSED = "refused"


class WishCategory(StrEnum):
    """The six helps (六助) and everything else."""

    ELDERLY = "elderly"  # 助老
    DISABLED = "disabled"  # 助残
    HARDSHIP = "hardship"  # 助困
    EMPLOYMENT = "employment"  # 助业
    MEDICAL = "medical"  # 助医
    SCHOOLING = "schooling"  # 助学
    OTHER = "other"


class Urgency(StrEnum):
    """How soon a complaint needs an answer."""

    CRITICAL = "critical"  # life and property
    URGENT = "urgent"  # water, power, heating, weather
    ORDINARY = "ordinary"
    HARD = "hard"  # needs several hands or a long time


class Outcome(StrEnum):
    """What an answer says became of a complaint."""

    RESOLVED = "resolved"
    EXPLAINED = "explained"  # cannot or need not be done, and why
    PLANNED = "planned"  # will be done, and when


class Channel(StrEnum):
    """How a complaint came in."""

    APP = "app"
    PROXY = "proxy"  # typed in by staff for somebody who cannot
    OPEN311 = "open311"


class ComplaintPart(StrEnum):
    """Why somebody's identity is kept with a complaint."""

    AUTHOR = "author"
    JOINER = "joiner"  # said "me too"


class OfferKind(StrEnum):
    """What a shop gives."""

    GOODS = "goods"  # 实物
    DISCOUNT = "discount"  # 折扣
    SERVICE = "service"  # 服务


class TaskKind(StrEnum):
    """What a task comes from."""

    WISH = "wish"
    COMPLAINT = "complaint"  # staff call helpers for a problem on a wall
    LISTED = "listed"  # 月度清单: an item of the month's list of an area
    ACTIVITY = "activity"  # many together, in a window of hours
    PATROL = "patrol"  # a round through the area
    EMERGENCY = "emergency"  # during a call-out
    PAIRING = "pairing"  # 结对帮扶: the same helpers for weeks or months
    ERRAND = "errand"  # 全程代理: done for a resident from beginning to end


class TagGroup(StrEnum):
    """What tags of tasks tell of; each district names its own but the six helps."""

    SIX_HELPS = "six_helps"  # 六助, the categories of wishes
    JOINT_WORK = "joint_work"  # 七联
    FIVE_RECORDS = "five_records"  # 五个一


class ErrandCategory(StrEnum):
    """What is done for residents who cannot go themselves."""

    DOCUMENTS = "documents"  # 证件证明
    MEDICAL = "medical"  # 就医购药
    BENEFITS = "benefits"  # 社保医保、补贴
    PAYMENTS = "payments"  # 代缴代领
    OTHER = "other"


class ErrandConsent(StrEnum):
    """How a resident agreed that a helper does it for them."""

    APP = "app"
    SIGNED = "signed"  # on paper
    WITNESSED = "witnessed"  # said so before a witness, who signed
    GUARDIAN = "guardian"  # by the one who decides for them


class SeriesKind(StrEnum):
    """What a series of tasks may be of."""

    ACTIVITY = "activity"
    PATROL = "patrol"


class CallOutAnswer(StrEnum):
    """What somebody who is called says."""

    COMING = "coming"
    LATER = "later"
    CANNOT = "cannot"


class EmergencyWork(StrEnum):
    """What there is to do in an emergency, in words that need no check."""

    SUPPLIES = "supplies"
    EVACUATION = "evacuation"
    PATROL = "patrol"
    TRAFFIC = "traffic"
    CLEARING = "clearing"
    CARE = "care"
    REGISTRATION = "registration"


class CheckedPart(StrEnum):
    """Which words of a thing a content check looks at."""

    WORDS = "words"  # what the thing itself says
    ANSWER = "answer"
    THANKS = "thanks"
    NOTE = "note"  # what a helper says of a delivery
    NICKNAME = "nickname"
    PICTURE = "picture"


class Suggestion(StrEnum):
    """What WeChat makes of a text or a picture."""

    PASS = "pass"  # noqa: S105 - a verdict
    REVIEW = "review"
    RISKY = "risky"


class PictureOf(StrEnum):
    """What pictures belong to."""

    WISH = "wish"
    ERRAND = "errand"
    COMPLAINT = "complaint"
    ANSWER = "answer"  # of a complaint, by its id
    CLAIM = "claim"  # what was delivered
    OFFER = "offer"


class AdjustmentKind(StrEnum):
    """What hands do to points, always two people with a reason and a paper."""

    CORRECTION = "correction"  # gives or takes
    AWARD_REVERSAL = "award_reversal"  # takes back what a service brought that proved false


class AnomalyKind(StrEnum):
    """Patterns that an auditor may want to look at; none proves anything."""

    SAME_VERIFIER = "same_verifier"
    VERIFICATION_BURST = "verification_burst"
    IMPOSSIBLE_DAY = "impossible_day"
    NEAR_DAY_CAP = "near_day_cap"
    NEAR_MONTH_CAP = "near_month_cap"
    SHARED_DEVICE = "shared_device"
    MANUAL_SHARE = "manual_share"


class AccountKind(StrEnum):
    """Accounts of the points ledger. A user's have a locked balance each; the others are the sum of their transfers."""

    ISSUER = "issuer"  # where awarded points come from; below zero by all that was awarded
    MANUAL = "manual"  # where points given and taken by hand come from and go to
    WAITING = "waiting"  # a user's awards that can be spent from a date on
    WALLET = "wallet"  # what a user can spend until a date, or for ever
    HELD = "held"  # what a user's open vouchers hold
    MERCHANT = "merchant"  # what a merchant has settled and was not paid for
    PAID = "paid"  # what merchants were paid for
    FUND = "fund"  # what an area's neighbours gave to their community
    EXPIRED = "expired"  # what nobody spent in time


USER_ACCOUNTS = (AccountKind.HELD, AccountKind.WAITING, AccountKind.WALLET)
"""With a balance under lock, in the order in which they are locked."""


class TransferKind(StrEnum):
    """Why points moved. What the system awarded and what hands gave are told apart for ever (I2)."""

    AWARD = "award"  # issuer → waiting or wallet, for a verified claim
    MATURE = "mature"  # waiting → wallet, when the waiting period is over
    EXPIRE = "expire"  # wallet → expired, after the last day
    TAKE_BACK = "take_back"  # waiting or wallet → issuer, when an award proves wrong
    ADJUST_UP = "adjust_up"  # manual → wallet, by two hands
    ADJUST_DOWN = "adjust_down"  # wallet → manual, by two hands
    DONATE = "donate"  # wallet → fund
    HOLD = "hold"  # wallet → held, when a voucher is made
    RELEASE = "release"  # held → wallet, when a voucher is cancelled or expires
    SETTLE = "settle"  # held → merchant, at the scan
    REVERSE = "reverse"  # merchant → wallet, when a scan is undone
    PAY = "pay"  # merchant → paid, when a statement is paid


class TryPurpose(StrEnum):
    """What people type that only somebody else can know; wrong tries are counted."""

    CLERK_INVITE = "clerk_invite"  # a code that a shop's owner shows
    VOUCHER_CODE = "voucher_code"  # a code that a voucher's holder reads out
    SHOWN_CODE = "shown_code"  # a code that a place or a resident shows to whoever comes


class Expiry(StrEnum):
    """Until when awarded points can be spent."""

    NEVER = "never"
    MONTHS = "months"  # to the end of the month that lies so many months later
    END_OF_NEXT_YEAR = "end_of_next_year"


class Cut(StrEnum):
    """Which cap made an award smaller than its promise."""

    DAY = "day"
    MONTH = "month"
    BALANCE = "balance"

"""The closed lists of the product's words, as code, tables and API spell them."""

from enum import StrEnum


class AreaKind(StrEnum):
    """Nodes of the governance tree: 区, 街道, 社区, 网格, 责任区/楼栋."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    POST = "post"


class UnitKind(StrEnum):
    """Organisations that members work for or that sit in an area."""

    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    SOCIAL_ORGANISATION = "social_organisation"
    PROPERTY = "property"
    DEPARTMENT = "department"


class MemberKind(StrEnum):
    """Party members: 在职, 离退休, 流动, 无职."""

    IN_SERVICE = "in_service"
    RETIRED = "retired"
    FLOATING = "floating"
    UNASSIGNED = "unassigned"


class WishCategory(StrEnum):
    """The six helps (六助) and everything else."""

    ELDERLY = "elderly"  # 助老
    DISABLED = "disabled"  # 助残
    HARDSHIP = "hardship"  # 助困
    EMPLOYMENT = "employment"  # 助业
    MEDICAL = "medical"  # 助医
    SCHOOLING = "schooling"  # 助学
    OTHER = "other"


class TaskKind(StrEnum):
    """What a task comes from. Only wishes make tasks so far."""

    WISH = "wish"


class AccountKind(StrEnum):
    """Accounts of the points ledger."""

    ISSUER = "issuer"  # where awarded points come from; the only account below zero
    WALLET = "wallet"  # what a user can spend
    HELD = "held"  # what a user's open vouchers hold
    MERCHANT = "merchant"  # what a merchant has settled


class TransferKind(StrEnum):
    """Why points moved."""

    AWARD = "award"  # issuer → wallet, for a verified claim
    HOLD = "hold"  # wallet → held, when a voucher is made
    SETTLE = "settle"  # held → merchant, at the scan
    RELEASE = "release"  # held → wallet, when a voucher is cancelled or expires

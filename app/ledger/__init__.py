"""The points ledger, sealed: the only code that touches its tables.

Every function moves points by transfers, each with one debit and one credit account, inside the caller's transaction.
The database refuses what must not be (see the guards' migrations): here nothing is checked twice.
"""

from app.ledger.accounts import open_merchant, open_merchants, open_wallet
from app.ledger.halting import IS_HALTED_SQL, is_halted, lift_halt, raise_halt
from app.ledger.loading import Books, Movement, Owner
from app.ledger.proving import Proof, find_proof, find_seal, list_seals
from app.ledger.reading import (
    AWARDED_POINTS_SQL,
    CLAIM_POINTS_SQL,
    EXPIRING_SQL,
    FUND_POINTS_SQL,
    PURSE_SQL,
    Cohort,
    find_expired,
    find_mature,
    find_standing,
    list_transfers,
    settled_sql,
)
from app.ledger.reconciling import HELD_SQL, ISSUED, PRESENT, RULES, VOUCHER_MOVES_SQL, sum_up
from app.ledger.sealing import SEAL_LEAVES_MAX, Seal, seal, seal_loaded
from app.ledger.transfers import (
    HELD_POINTS_SQL,
    adjust_down,
    adjust_up,
    award,
    donate,
    expire,
    hold,
    mature,
    pay,
    release,
    reverse,
    settle,
    settle_sql,
    take_back,
)
from app.ledger.verifying import Fault, Finding, Verification, verify

__all__ = [
    "AWARDED_POINTS_SQL",
    "CLAIM_POINTS_SQL",
    "EXPIRING_SQL",
    "FUND_POINTS_SQL",
    "HELD_POINTS_SQL",
    "HELD_SQL",
    "ISSUED",
    "IS_HALTED_SQL",
    "PRESENT",
    "PURSE_SQL",
    "RULES",
    "SEAL_LEAVES_MAX",
    "VOUCHER_MOVES_SQL",
    "Books",
    "Cohort",
    "Fault",
    "Finding",
    "Movement",
    "Owner",
    "Proof",
    "Seal",
    "Verification",
    "adjust_down",
    "adjust_up",
    "award",
    "donate",
    "expire",
    "find_expired",
    "find_mature",
    "find_proof",
    "find_seal",
    "find_standing",
    "hold",
    "is_halted",
    "lift_halt",
    "list_seals",
    "list_transfers",
    "mature",
    "open_merchant",
    "open_merchants",
    "open_wallet",
    "pay",
    "raise_halt",
    "release",
    "reverse",
    "seal",
    "seal_loaded",
    "settle",
    "settle_sql",
    "settled_sql",
    "sum_up",
    "take_back",
    "verify",
]

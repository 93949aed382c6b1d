"""The points ledger, sealed: the only code that touches its tables.

Every function moves points by one transfer, one debit and one credit account, inside the caller's transaction. The
database refuses what must not be (see the guards' migration): here nothing is checked twice.
"""

from app.ledger.accounts import open_merchant, open_wallet
from app.ledger.loading import Books, Movement, Owner
from app.ledger.reading import find_balance, list_transfers
from app.ledger.transfers import award, hold, release, settle

__all__ = [
    "Books",
    "Movement",
    "Owner",
    "award",
    "find_balance",
    "hold",
    "list_transfers",
    "open_merchant",
    "open_wallet",
    "release",
    "settle",
]

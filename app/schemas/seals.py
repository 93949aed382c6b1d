"""Seals over the points ledger, and what proves a transfer. Hashes are SHA-256, in lower-case hexadecimal."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from app.domain.kinds import TransferKind
from app.schemas.fields import Out

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SealOut(Out):
    """One Merkle tree over transfers.

    ``hash`` is that of the byte 2, the number (8 bytes, big-endian like all), ``previous_hash``, ``root``, the leaf
    count (8) and ``sealed_at`` in microseconds since 1970 (8). The first seal has 32 zero bytes for its previous hash.
    """

    number: int
    leaf_count: int
    root: Hash
    previous_hash: Hash
    hash: Hash
    sealed_at: datetime
    actions: list[str]


class SealedTransfer(Out):
    """A transfer as it was sealed. A fingerprint is the hash of an account with its owner, kind and dates."""

    id: UUID
    kind: TransferKind
    debit_account_id: UUID
    credit_account_id: UUID
    points: int
    reference_id: UUID
    leg: int
    debit_version: int | None
    credit_version: int | None
    created_at: datetime
    debit_fingerprint: Hash
    credit_fingerprint: Hash


class ProofStep(Out):
    """What stands beside on the way up, and on which side: the next hash is that of the byte 1, left and right."""

    side: Literal["left", "right"]
    hash: Hash


class ProofOut(Out):
    """That a transfer stands in a seal.

    ``leaf_hash`` is the hash of the byte 0 and the transfer in the ``encoding`` EW1: "EW1", id (16 bytes), kind (32,
    filled up with zero bytes), debit account (16) and its fingerprint (32), credit account (16) and its fingerprint
    (32), points (8), reference (16), leg (2), debit and credit version (each 1 byte whether there is one, then 8),
    created_at in microseconds since 1970 (8). From it ``path`` leads to the root of ``seal``.
    """

    state: Literal["sealed"]
    encoding: Literal["EW1"]
    transfer: SealedTransfer
    leaf_hash: Hash
    position: int
    path: list[ProofStep]
    seal: SealOut
    actions: list[str]

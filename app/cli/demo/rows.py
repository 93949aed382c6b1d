"""Rows on their way into the tables, the events that tell of them, and the one place that writes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection

from app.core.ids import new_id_at
from app.domain.lifecycle import Party
from app.ledger import Books, Movement, Owner
from app.services import complainants, transitions

# In the order of their foreign keys.
COLUMNS = {
    "area": (
        *("id", "parent_id", "kind", "name", "lineage", "is_wish_review_required", "households", "residents"),
        "created_at",
    ),
    "area_shape": ("area_id", "geometry", "label_longitude", "label_latitude", "version", "updated_at"),
    "unit": ("id", "area_id", "kind", "name"),
    "user": ("id", "openid", "nickname", "token_version", "is_blocked", "open_claims", "created_at"),
    "person": ("id", "user_id", "created_at"),
    "post": ("id", "area_id", "name", "duty", "queues", "role", "created_at"),
    "post_holding": ("id", "post_id", "person_id", "appointed_by", "since"),
    "grant": ("id", "user_id", "role", "area_id", "granted_by", "holding_id", "created_at"),
    "building": (
        *("id", "area_id", "name", "aliases", "households", "longitude", "latitude", "key", "terms"),
        "created_at",
    ),
    "venue": (
        *("id", "area_id", "kind", "name", "vicinity", "address", "longitude", "latitude", "opening_hours", "note"),
        "created_at",
    ),
    "circle": ("id", "area_id", "name", "introduction", "created_at"),
    "circle_area": ("circle_id", "area_id"),
    "team": ("id", "area_id", "leader_id", "name", "introduction", "services", "status", "created_at"),
    "team_member": ("id", "team_id", "person_id", "status", "created_at"),
    "alliance": ("id", "area_id", "name", "introduction", "created_at"),
    "alliance_team": ("alliance_id", "team_id", "created_at"),
    "member": ("id", "person_id", "kind", "unit_id", "home_area_id", "status", "created_at"),
    "volunteer": ("id", "person_id", "home_area_id", "skills", "status", "created_at"),
    "wish": (
        *("id", "author_id", "area_id", "category", "title", "body", "status", "rating", "thanks"),
        *("created_at", "published_at", "delivered_at"),
    ),
    "task": (
        *("id", "kind", "wish_id", "area_id", "author_id", "title", "status", "seats", "seats_taken"),
        *("reward_points", "created_at", "tags"),
    ),
    "claim": ("id", "task_id", "user_id", "status", "note", "due_at", "created_at", "submitted_at"),
    "award": (
        *("claim_id", "user_id", "verifier_id", "points_promised", "points_granted", "policy_ids"),
        "created_at",
    ),
    "merchant": ("id", "owner_id", "area_id", "name", "licence_number", "documents", "status", "created_at"),
    "clerk": ("id", "merchant_id", "user_id", "created_at"),
    "offer": (
        *("id", "merchant_id", "area_id", "kind", "title", "description", "terms", "points", "stock", "stock_left"),
        *("per_person_limit", "per_day_limit", "day", "taken_on_day", "opening_hours", "status"),
        *("created_at", "worded_at"),
    ),
    "offer_taker": ("offer_id", "user_id", "taken"),
    "voucher": (
        *("id", "offer_id", "merchant_id", "user_id", "handle", "kind", "title", "terms", "points"),
        *("status", "expires_at"),
        "created_at",
    ),
    "redemption": (
        *("id", "voucher_id", "merchant_id", "clerk_id", "step", "is_typed", "scanned_at"),
        "settled_at",
    ),
    "complaint": (
        *("id", "area_id", "handler_id", "category", "urgency", "title", "body", "status", "is_confidential"),
        *("shown_name", "longitude", "latitude", "place", "channel", "entered_by", "consent", "merged_into_id"),
        *("joins", "is_joint", "leader_id", "has_reopened", "answer", "outcome", "echo_id", "is_satisfied"),
        *("accept_due_at", "answer_due_at", "created_at", "opened_at", "accepted_at", "answered_at", "closed_at"),
    ),
    "unit_worker": ("id", "unit_id", "user_id", "added_by", "created_at"),
    "complaint_step": (
        *("id", "complaint_id", "unit_id", "is_lead", "status", "instructions", "answer", "answered_at"),
        *("answered_by", "is_told", "created_at"),
    ),
    "complaint_rating": (
        *("complaint_id", "answered_at", "rater_hash", "party", "is_satisfied", "note"),
        "created_at",
    ),
    "event": (
        *("id", "subject_kind", "subject_id", "action", "from_state", "to_state", "actor_id", "party", "note"),
        *("facts", "created_at"),
    ),
}

Row = tuple[object, ...]


class Rows:
    """What has been made and not written yet."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {table: [] for table in COLUMNS}
        self.new_users: list[Owner] = []
        self.new_merchants: list[Owner] = []
        self.movements: list[Movement] = []
        self.complainants: list[Row] = []

    def add(self, table: str, *values: object) -> None:
        """Add a row; ``values`` are in the order of the table's columns above."""
        self.tables[table].append(values)

    def log(
        self,
        subject_kind: str,
        subject_id: UUID,
        action: str,
        states: tuple[str | None, str],
        mover: tuple[Party, UUID | None],
        moment: datetime,
        note: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Add the event that a change of ``states`` (from, to) leaves behind (I7)."""
        party, actor_id = mover
        told = transitions.facts_json(facts)
        self.tables["event"].append(
            (new_id_at(moment), subject_kind, subject_id, action, *states, actor_id, party, note, told, moment)
        )

    async def write(self, connection: Connection, books: Books) -> None:
        """Write everything: rows first, then the accounts and the movements of points between them."""
        for table, columns in COLUMNS.items():
            if self.tables[table]:
                await connection.copy_records_to_table(table, columns=columns, records=self.tables[table])
        if self.complainants:
            await complainants.load(connection, self.complainants)
        if self.new_users:
            await books.open_wallets(self.new_users)
        if self.new_merchants:
            await books.open_merchants(self.new_merchants)
        if self.movements:
            await books.post(self.movements)

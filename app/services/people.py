"""People as offices know them: the only module that seals, opens or hashes names and telephone numbers (I12).

A person is found by a keyed hash over name and number, so that the same person entered twice is one, and so that
somebody with the tables alone can neither read nor guess who it is.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncpg import Connection
from pydantic_core import from_json, to_json

from app.core.ids import new_id
from app.core.security import keyed_fingerprint, seal, unseal
from app.domain.shielding import mask_name, mask_phone

PURPOSE = b"person"

OF_USER = """
    INSERT INTO person (id, user_id) VALUES ($1, $2)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING id
"""
# In the order of the hashes: two lists with the same people in them wait for one another and never deadlock.
ENTER_MANY = """
    INSERT INTO person (id, sealed, identity_hash, phone_hash)
    SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[]) AS entered (id, sealed, identity, phone)
    ORDER BY identity ON CONFLICT (identity_hash) DO NOTHING
"""
CORRECT = "UPDATE person SET sealed = $2, identity_hash = $3, phone_hash = $4 WHERE id = $1"
FIND_MANY = "SELECT id, identity_hash FROM person WHERE identity_hash = ANY($1)"


@dataclass(frozen=True, slots=True)
class Contact:
    """Name and telephone number of somebody: together they tell who it is, since couples share telephones."""

    name: str
    phone: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", _plain_name(self.name))
        object.__setattr__(self, "phone", _plain_phone(self.phone))

    @property
    def masked_phone(self) -> str:
        """The number as staff see it without a reason to call."""
        return mask_phone(self.phone)

    def told_phone(self, *, is_whole: bool) -> str:
        """The number as a file tells it, whole or masked."""
        return self.phone if is_whole else self.masked_phone

    @property
    def whole(self) -> dict[str, str]:
        """What the person themselves sees, and staff who said why."""
        return {"name": self.name, "phone": self.phone}

    @property
    def for_staff(self) -> dict[str, str]:
        """What staff see without a reason to call."""
        return {"name": self.name, "phone": self.masked_phone}

    @property
    def masked(self) -> dict[str, str]:
        """What answers to writes show: they are kept for repetitions, and nothing seals them there."""
        return {"name": mask_name(self.name), "phone": self.masked_phone}


def _plain_name(name: str) -> str:
    """Return a name as it is compared: without the blanks that lists are adjusted with, 张　三 as 张三."""
    plain = unicodedata.normalize("NFKC", name).strip()
    if re.fullmatch(r"[\u3400-\u9fff\U00020000-\U0003134f\s]+", plain):
        return re.sub(r"\s+", "", plain)
    return re.sub(r"\s+", " ", plain)


def _plain_phone(phone: str) -> str:
    """Return the digits of a number, without the code of China."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone))
    return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", digits)


def identity_hash(secret: str, contact: Contact) -> bytes:
    """Return under which hash a person of this name and number is found."""
    return keyed_fingerprint(secret, PURPOSE, b"identity", contact.name.encode(), contact.phone.encode())


def phone_hash(secret: str, phone: str) -> bytes:
    """Return under which hash people with a telephone number are found."""
    return keyed_fingerprint(secret, PURPOSE, b"phone", _plain_phone(phone).encode())


def seal_phone(secret: str, user_id: UUID, phone: str) -> bytes:
    """Return a number that stands alone as only this module opens it again, and only for that user."""
    return seal(secret, PURPOSE, phone.encode(), bound_to=b"phone" + user_id.bytes)


def open_phone(secret: str, user_id: UUID, sealed: bytes) -> str:
    """Return the number that was sealed for a user. Raises BrokenSealError."""
    return unseal(secret, PURPOSE, sealed, bound_to=b"phone" + user_id.bytes).decode()


def seal_contact(secret: str, owner_id: UUID, contact: Contact) -> bytes:
    """Return name and number as only this module opens them again, and only for the row of the same id."""
    content = to_json({"name": contact.name, "phone": contact.phone})
    return seal(secret, PURPOSE, content, bound_to=owner_id.bytes)


def read(secret: str, person_id: UUID, sealed: bytes | None) -> Contact | None:
    """Return name and number of a person, None of one who told neither. Raises BrokenSealError."""
    return None if sealed is None else open_contact(secret, person_id, sealed)


def open_contact(secret: str, owner_id: UUID, sealed: bytes) -> Contact:
    """Return name and number that were sealed for a row. Raises BrokenSealError."""
    return Contact(**from_json(unseal(secret, PURPOSE, sealed, bound_to=owner_id.bytes)))


async def of_user(connection: Connection, user_id: UUID) -> UUID:
    """Return the person that a user is, made when there was none. Locks that person's row."""
    person_id: UUID = await connection.fetchval(OF_USER, new_id(), user_id)
    return person_id


async def enter(connection: Connection, secret: str, contact: Contact) -> UUID:
    """Return the person of this name and number, made when there was none."""
    return (await enter_many(connection, secret, [contact]))[0]


async def enter_many(connection: Connection, secret: str, contacts: Sequence[Contact]) -> list[UUID]:
    """Return the persons of these names and numbers, in their order; who was not there is made, and only once."""
    hashes = {contact: identity_hash(secret, contact) for contact in contacts}
    known = await find_many(connection, secret, contacts)
    new = [(new_id(), contact) for contact in hashes if contact not in known]
    if new:
        sealed = [seal_contact(secret, person_id, contact) for person_id, contact in new]
        identities = [hashes[contact] for _, contact in new]
        phones = [phone_hash(secret, contact.phone) for _, contact in new]
        await connection.execute(ENTER_MANY, [i for i, _ in new], sealed, identities, phones)
        known = await find_many(connection, secret, contacts)  # somebody else may have entered them meanwhile
    return [known[contact] for contact in contacts]


async def correct(connection: Connection, secret: str, person_id: UUID, contact: Contact) -> bytes:
    """Let a person be found under another name or number; return the hash. Raises by the database ``person-exists``."""
    found_under = identity_hash(secret, contact)
    sealed = seal_contact(secret, person_id, contact)
    await connection.execute(CORRECT, person_id, sealed, found_under, phone_hash(secret, contact.phone))
    return found_under


async def find_many(connection: Connection, secret: str, contacts: Sequence[Contact]) -> dict[Contact, UUID]:
    """Return those of these names and numbers who are known."""
    hashes = {identity_hash(secret, contact): contact for contact in contacts}
    rows = await connection.fetch(FIND_MANY, list(hashes))
    return {hashes[row["identity_hash"]]: row["id"] for row in rows}

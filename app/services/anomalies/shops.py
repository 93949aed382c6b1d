"""Redemptions by customers who logged in from the phone of somebody behind the counter."""

from typing import Any

from asyncpg import Record

from app.services.anomalies.pattern import Pattern, figures, person

REDEMPTIONS_MIN = 1
"""One is enough: a customer of a shop has no business on its owner's phone, though a family shares phones."""

# Behind the counter stand the clerks, the owner among them, and who scanned in the period and is no clerk any more.
FIND_SHARED_DEVICES = """
    WITH counter AS (
        SELECT merchant_id, user_id FROM clerk
        UNION SELECT merchant_id, clerk_id FROM redemption WHERE settled_at >= $2
    ), pair AS (
        SELECT r.merchant_id, v.user_id AS holder_id, k.user_id AS clerk_id, count(*) AS count
        FROM merchant m JOIN area a ON a.id = m.area_id
        JOIN redemption r ON r.merchant_id = m.id JOIN voucher v ON v.id = r.voucher_id AND v.status = 'settled'
        JOIN counter k ON k.merchant_id = m.id AND k.user_id <> v.user_id
        WHERE a.lineage @> ARRAY[$1::uuid] AND r.settled_at >= $2 AND EXISTS (
            SELECT FROM user_device one JOIN user_device other USING (device_hash)
            WHERE one.user_id = v.user_id AND other.user_id = k.user_id
        )
        GROUP BY r.merchant_id, v.user_id, k.user_id
    )
    SELECT pair.*, m.name AS shop_name, h.nickname AS holder_name, k.nickname AS clerk_name
    FROM pair JOIN merchant m ON m.id = pair.merchant_id
    JOIN "user" h ON h.id = pair.holder_id JOIN "user" k ON k.id = pair.clerk_id
    WHERE count >= $4 ORDER BY count DESC, holder_id, clerk_id LIMIT $3
"""


def _shared_device(row: Record) -> dict[str, Any]:
    people = [
        person(row["holder_id"], row["holder_name"], "holder"),
        person(row["clerk_id"], row["clerk_name"], "clerk"),
    ]
    return figures(row["count"], shop={"id": row["merchant_id"], "name": row["shop_name"]}, people=people)


SHARED_DEVICE = Pattern(FIND_SHARED_DEVICES, (REDEMPTIONS_MIN,), _shared_device)

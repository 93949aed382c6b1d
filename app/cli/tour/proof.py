"""Chapter fourteen: the ledger proves itself, to anybody and to the one whose points they are."""

from datetime import datetime
from itertools import pairwise

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Answer, Json, Walk
from app.domain import merkle
from app.domain.seals import seal_hash

HOLDER = "党员老王"
"""Has points since the demo district was loaded: they are sealed."""


def check_proof(tourist: Walk, cast: Cast) -> None:
    """Copy the seals without a log-in, and follow one's own transfer up to the root of one of them."""
    tourist.chapter("十五、账本自证")
    seals = tourist.ask(
        "不用登录，谁都可以抄下积分账本的封存值。",
        "GET",
        "/v1/points/seals",
        note=lambda body: f"最新第 {body['items'][0]['number']} 号，{body['items'][0]['leaf_count']} 笔流水",
    )["items"]
    tourist.insist("seals that hang together", all(map(_is_whole, seals)), seals)
    are_chained = all(newer["previous_hash"] == older["hash"] for newer, older in pairwise(seals))
    tourist.insist("each seal with the hash of the one before", are_chained, seals)
    holder = tourist.log_in(HOLDER, f"{HOLDER}登录。")
    transfers = tourist.ask(
        "他看自己的积分流水。",
        "GET",
        "/v1/me/points/transfers",
        holder,
        note=lambda body: "、".join(f"{item['title']} {item['change_points']:+}" for item in body["items"][-2:]),
    )
    path = f"/v1/points/transfers/{transfers['items'][-1]['id']}/proof"
    proof = tourist.ask(
        "取最早一笔的证明。",
        "GET",
        path,
        holder,
        note=lambda body: f"在第 {body['seal']['number']} 号封存里，{len(body['path'])} 步到根",
    )
    tourist.insist("a path to the root", _does_lead_to_root(proof), proof.body)
    published = tourist.ask(
        "证明里的封存值与公开的一致。",
        "GET",
        f"/v1/points/seals/{proof['seal']['number']}",
        note=lambda body: body["hash"][:16],
    )
    tourist.insist("the same seal", published.body == proof["seal"], published.body)
    tourist.ask("别人取不到这份证明。", "GET", path, cast.volunteer, expect=404, code="not-found")


def _is_whole(seal: Json) -> bool:
    """Whether a seal has the hash of what it says."""
    previous, root = bytes.fromhex(seal["previous_hash"]), bytes.fromhex(seal["root"])
    sealed_at = datetime.fromisoformat(seal["sealed_at"])
    return bool(seal["hash"] == seal_hash(seal["number"], previous, root, seal["leaf_count"], sealed_at).hex())


def _does_lead_to_root(proof: Answer) -> bool:
    steps: list[merkle.Step] = [(step["side"], bytes.fromhex(step["hash"])) for step in proof["path"]]
    reached = merkle.follow(bytes.fromhex(proof["leaf_hash"]), steps)
    is_in_place = [side for side, _ in steps] == merkle.sides(proof["position"], proof["seal"]["leaf_count"])
    return is_in_place and bool(proof["seal"]["root"] == reached.hex())

"""Chapter fourteen: what hands may do to points, always two of them, and what an auditor sees of it."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Answer, Walk

GIVEN_POINTS = 8
DONATED_POINTS = 3


def adjust_and_audit(tourist: Walk, cast: Cast) -> None:
    """Adjust by two people, donate, reverse an award, and read it all as an auditor."""
    tourist.chapter("十四、人工动积分，要两个人")
    adjusted = _adjust(tourist, cast)
    _donate(tourist, cast)
    reversed_ = _reverse(tourist, cast)
    _audit(tourist, cast, {adjusted["id"], reversed_["id"]})


def _adjust(tourist: Walk, cast: Cast) -> Answer:
    before = _spendable(tourist, cast, "新党员看积分。")
    proposed = tourist.ask(
        "社工小林提出补记积分：写明理由和凭据。",
        "POST",
        "/v1/adjustments",
        cast.staff,
        {
            "user_id": cast.member.id,
            "area_id": cast.community_id,
            "points": GIVEN_POINTS,
            "reason": "补记上月漏记的服务。",
            "document": "服务台账第3页",
        },
        expect=201,
        note=lambda body: f"{body['points']:+} 分，{body['status']}，凭据：{body['document']}",
    )
    path = f"/v1/adjustments/{proposed['id']}"
    tourist.ask("提出的人不能自己批准。", "POST", f"{path}/approve", cast.staff, expect=403, code="own-interest")
    tourist.ask("别的社区的社工看不到。", "GET", path, cast.other_staff, expect=404, code="not-found")
    tourist.ask(
        "管理员批准，积分到账。", "POST", f"{path}/approve", cast.administrator, note=lambda body: body["status"]
    )
    tourist.ask(
        "新党员看得到是谁提出、谁批准的。",
        "GET",
        "/v1/me/adjustments",
        cast.member,
        note=lambda body: "{}提出，{}批准".format(
            body["items"][0]["proposed_by"]["nickname"], body["items"][0]["decided_by"]["nickname"]
        ),
    )
    after = _spendable(tourist, cast, "积分多了，明细里写明是人工调整。")
    tourist.insist(f"{GIVEN_POINTS} points more", after == before + GIVEN_POINTS, (before, after))
    return proposed


def _donate(tourist: Walk, cast: Cast) -> None:
    fund = f"/v1/areas/{cast.community_id}/fund"
    before = tourist.ask("看社区的公益基金，不登录也能看。", "GET", fund, note=_fund)
    tourist.ask(
        "新党员捐一点积分给社区。",
        "POST",
        "/v1/donations",
        cast.member,
        {"area_id": cast.community_id, "points": DONATED_POINTS},
        expect=201,
        note=lambda body: f"{body['area']['name']}，{body['points']} 分",
    )
    after = tourist.ask("基金里看得到。", "GET", fund, note=_fund)
    tourist.insist(
        "the donation in the fund", after["points"] == before["points"] + DONATED_POINTS, (before.body, after.body)
    )


def _reverse(tourist: Walk, cast: Cast) -> Answer:
    claims = tourist.ask(
        "新党员做过的服务。", "GET", "/v1/me/claims", cast.member, note=lambda body: body["items"][0]["task"]["title"]
    )
    path = f"/v1/claims/{claims['items'][0]['id']}/reverse-award"
    form = {"reason": "走访核实，服务没有发生。", "document": "走访记录第7号"}
    proposed = tourist.ask(
        "一次服务被查实是假的：社工小林提出收回积分。",
        "POST",
        path,
        cast.staff,
        form,
        expect=201,
        note=lambda body: f"{body['points']:+} 分，{body['status']}",
    )
    tourist.ask(
        "同一次服务不能收回两次。",
        "POST",
        path,
        cast.administrator,
        form,
        expect=409,
        code="reversal-exists",
    )
    decided = tourist.ask(
        "管理员批准：收回剩下的，差额记在案，原来的记录一条不删。",
        "POST",
        f"/v1/adjustments/{proposed['id']}/approve",
        cast.administrator,
        note=lambda body: f"收回 {body['points_taken']} 分，差 {body['shortfall']} 分",
    )
    tourist.insist(
        "what was taken and what is missing to be the award",
        decided["points_taken"] + decided["shortfall"] == -proposed["points"],
        decided.body,
    )
    return proposed


def _audit(tourist: Walk, cast: Cast, ids: set[str]) -> None:
    auditor = tourist.log_in(f"新审计{tourist.ending}", "一位审计人员登录。")
    path = f"/v1/anomalies?area_id={cast.community_id}"
    tourist.ask("没有授权，看不到线索。", "GET", path, auditor, expect=403, code="not-allowed")
    tourist.ask(
        "管理员授权审计。",
        "POST",
        "/v1/grants",
        cast.administrator,
        {"user_id": auditor.id, "role": "auditor", "area_id": cast.community_id},
        expect=201,
        note=lambda body: f"{body['area']['name']} {body['role']}",
    )
    listed = tourist.ask(
        "审计看得到人工动过的每一笔。",
        "GET",
        f"/v1/adjustments?area_id={cast.community_id}&status=approved",
        auditor,
        note=lambda body: "、".join(f"{item['kind']} {item['points']:+}" for item in body["items"][:4]),
    )
    tourist.insist("both of this walk", ids <= {item["id"] for item in listed["items"]}, listed.body)
    tourist.ask(
        "也看得到值得核查的线索：只是线索，不是结论。",
        "GET",
        path,
        auditor,
        note=lambda body: body["items"][0]["explanation"] if body["items"] else "暂时没有",
    )
    tourist.ask(
        "审计只看，不动手。",
        "POST",
        f"/v1/adjustments/{listed['items'][0]['id']}/refuse",
        auditor,
        {"reason": "看看而已。"},
        expect=403,
        code="not-allowed",
    )


def _spendable(tourist: Walk, cast: Cast, sentence: str) -> int:
    answer = tourist.ask(
        sentence, "GET", "/v1/me/points", cast.member, note=lambda body: f"可用 {body['spendable_points']}"
    )
    return int(answer["spendable_points"])


def _fund(body: dict[str, object]) -> str:
    return f"{body['points']} 分，{body['donation_count']} 笔"

"""Chapters on complaints: posted with bad signal, joined, asked about, handed up, answered, contested, settled."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from app.cli.tour.arrival import Cast, bring_home
from app.cli.tour.walk import Answer, Json, Person, Walk

PHONE = "13812345678"
MASKED_PHONE = "138****5678"


@dataclass(frozen=True, slots=True)
class Complaint:
    """The complaint of the story, and who takes part in it."""

    id: str
    number: int
    author: Person
    neighbour: Person

    @property
    def path(self) -> str:
        return f"/v1/complaints/{self.id}"


def post(tourist: Walk, cast: Cast) -> Complaint:
    """Post a complaint twice with one key, and see that nobody else will read its phone number."""
    tourist.chapter("十八、信号不好的傍晚")
    author = tourist.log_in(f"居民小吴{tourist.ending}", "居民小吴打开小程序。")
    form = {
        "area_id": cast.grid_id,
        "category": "lighting",
        "title": "楼道灯坏了一个星期",
        "body": f"三号楼二单元的灯坏了一个星期，老人晚上下楼很危险，我的电话{PHONE}。",
        "place": "3号楼2单元",
        "contact": {"name": "吴小明", "phone": PHONE},
    }
    key = secrets.token_hex(16)
    posted = tourist.ask(
        "小吴写下诉求，正文里留了电话。",
        "POST",
        "/v1/complaints",
        author,
        form,
        expect=201,
        key=key,
        note=lambda body: f"第 {body['number']} 号，{body['status']}：{body['body']}",
    )
    tourist.insist("no phone number in what others read", PHONE not in posted["body"], posted["body"])
    tourist.insist("the contact masked", posted["contact"]["phone"] == MASKED_PHONE, posted["contact"])
    again = tourist.ask(
        "没看到回应，又点了一次：还是同一条。",
        "POST",
        "/v1/complaints",
        author,
        form,
        expect=201,
        key=key,
        note=lambda body: f"第 {body['number']} 号",
    )
    tourist.insist("the first answer again", again.is_replay and again.body == posted.body, again)
    neighbour = tourist.log_in(f"邻居小郑{tourist.ending}", "邻居小郑也住三号楼。")
    return Complaint(posted["id"], posted["number"], author, neighbour)


def stand_and_be_joined(tourist: Walk, cast: Cast, complaint: Complaint) -> None:
    """See it on all walls above its grid without anybody's name, and have a neighbour say "me too"."""
    path, neighbour = complaint.path, complaint.neighbour
    tourist.wait_until(
        "内容检查通过，上墙了。",
        path,
        complaint.author,
        lambda body: body["status"] not in {"checking", "reviewing"},
        lambda body: f"{body['status']}，{body['due_at'][:10]} 前签收",
        reviewer=cast.administrator,
    )
    for area_id, wall in ((cast.grid_id, "网格的子墙"), (cast.community_id, "社区的母墙"), (cast.street_id, "街道")):
        found = find_on_wall(tourist, f"不登录也能看{wall}。", area_id, complaint.id)
        tourist.insist("nobody's name on it", found["author"] is None and PHONE not in str(found), found)
    asked = {"area_id": cast.grid_id, "title": "三号楼楼道的灯不亮", "body": "灯坏了好几天，晚上下楼看不见，太危险了。"}
    similar = tourist.ask(
        "小郑也想写一条，写到一半就看到已经有人提过。",
        "GET",
        f"/v1/complaints/similar?{urlencode(asked)}",
        neighbour,
        note=lambda body: (
            f"{len(body['items'])} 条相近；归到{body['proposal']['category']['name']}，因为写了"
            f"{'、'.join(body['proposal']['words'])}"
        ),
    )
    tourist.insist("what others complained of", similar["items"], similar.body)
    for sentence in ("小郑点“我也遇到”。", "小郑手抖，又点了一次，人数不变。"):
        joined = tourist.ask(sentence, "POST", f"{path}/join", neighbour, note=lambda body: f"{body['joins']} 人也遇到")
        tourist.insist("one who joined", joined["joins"] == 1, joined.body)


def accept_and_ask(tourist: Walk, cast: Cast, complaint: Complaint) -> None:
    """Accept it in the grid, and ask its author, for whom the clock stands still."""
    tourist.chapter("十九、网格、社区、街道")
    path = complaint.path
    bring_home(tourist, cast, path)
    queue = tourist.ask(
        "网格员小许看要办的诉求，最急的在前。",
        "GET",
        f"/v1/complaints?area_id={cast.grid_id}&limit=50",
        cast.grid_worker,
        note=lambda body: f"{len(body['items'])} 条待办",
    )
    tourist.insist("the complaint among them", complaint.id in {item["id"] for item in queue["items"]}, queue.body)
    tourist.ask("小郑不是工作人员，签收不了。", "POST", f"{path}/accept", complaint.neighbour, expect=403)
    accepted = tourist.ask(
        "小许签收；诉求人只看得到打码的姓名和电话。",
        "POST",
        f"{path}/accept",
        cast.grid_worker,
        note=lambda body: f"{body['status']}，{body['complainant']['name']} {body['complainant']['phone']}",
    )
    tourist.insist("a masked phone", accepted["complainant"]["phone"] == MASKED_PHONE, accepted.body)
    waiting = tourist.ask(
        "小许问是哪一盏灯，时钟停下来等小吴。",
        "POST",
        f"{path}/wait",
        cast.grid_worker,
        {"reason": "请问是几楼的灯？"},
        note=lambda body: f"{body['status']}，截止时间 {body['due_at']}",
    )
    tourist.insist("a clock that stands still", waiting["due_at"] is None, waiting.body)
    own = tourist.ask(
        "小吴在“我的诉求”里看到有新消息。",
        "GET",
        "/v1/me/complaints",
        complaint.author,
        note=lambda body: f"{body['items'][0]['title']}，新消息：{body['items'][0]['is_new']}",
    )
    tourist.insist("news", own["items"][0]["is_new"], own.body)
    tourist.ask(
        "小吴补充，时钟接着走。",
        "POST",
        f"{path}/resume",
        complaint.author,
        {"words": "是二楼到三楼拐角那一盏。"},
        note=lambda body: f"{body['status']}，{body['due_at'][:10]} 前答复",
    )


def hand_up_and_take_on(tourist: Walk, cast: Cast, complaint: Complaint) -> None:
    """Hand it up to the community and the street with its number; a leader takes it on by name."""
    path = complaint.path
    reason = {"reason": "线路老化，网格解决不了，请社区协调。"}
    raised = hand_up(tourist, "小许上报社区，写明原因。", complaint, cast.grid_worker, reason)
    tourist.insist("the community", raised["handler"]["id"] == cast.community_id, raised["handler"])
    tourist.ask(
        "上报以后，小许不能再办理。", "POST", f"{path}/accept", cast.grid_worker, expect=403, code="not-allowed"
    )
    child = find_on_wall(tourist, "子墙上看得到它到了哪里。", cast.grid_id, complaint.id)
    tourist.insist("where it is", child["handler"]["id"] == cast.community_id, child)
    hand_up(tourist, "社工小林上报街道。", complaint, cast.staff, {"reason": "涉及整条线路，请街道牵头。"})
    taken = tourist.ask(
        "吴书记领办：名字写在墙上。",
        "POST",
        f"{path}/take-on",
        cast.leader,
        note=lambda body: f"{body['leader']['nickname']}领办，已经 {body['age_days']} 天",
    )
    tourist.insist("the same number", taken["number"] == complaint.number, taken.body)


def answer_and_contest(tourist: Walk, cast: Cast, complaint: Complaint) -> None:
    """Answer it; the answer stands beside it, is not enough, and is given again until its author is content."""
    tourist.chapter("二十、回音")
    path = complaint.path
    give_answer(tourist, "吴书记答复。", cast, complaint, "已请电工更换线路，今天通电。")
    tourist.wait_until(
        "答复通过内容检查，公开在问题旁边。",
        path,
        complaint.neighbour,
        lambda body: body["echo"] is not None,
        lambda body: body["echo"]["answer"],
        reviewer=cast.administrator,
    )
    echoes = tourist.ask(
        "网格的回音壁上看得到。",
        "GET",
        f"/v1/walls/{cast.grid_id}/echoes",
        note=lambda body: f"最新：{body['items'][0]['echo']['answer']}",
    )
    tourist.insist("the answer first", echoes["items"][0]["id"] == complaint.id, echoes.body)
    verdict: Json = {"is_satisfied": False, "note": "二楼的还是不亮。"}
    tourist.ask(
        "小郑一起受益，也可以评价；只有小吴的评价算数。",
        "POST",
        f"{path}/rate",
        complaint.neighbour,
        {"is_satisfied": True},
        note=lambda body: body["status"],
    )
    reopened = tourist.ask(
        "小吴不满意，诉求重新打开。",
        "POST",
        f"{path}/rate",
        complaint.author,
        verdict,
        note=lambda body: body["status"],
    )
    tourist.insist("reopened", reopened["status"] == "reopened", reopened.body)
    give_answer(tourist, "吴书记再次答复。", cast, complaint, "二楼的灯座也换了，当面试过，都亮了。")
    closed = tourist.ask(
        "小吴满意，办结。",
        "POST",
        f"{path}/rate",
        complaint.author,
        {"is_satisfied": True},
        note=lambda body: f"{body['status']}，第 {body['number']} 号",
    )
    tourist.insist("closed with its number", closed["number"] == complaint.number, closed.body)
    tourist.ask(
        "同一个答复不能评价两次。",
        "POST",
        f"{path}/rate",
        complaint.author,
        {"is_satisfied": True},
        expect=409,
        code="already-rated",
    )


def look_and_be_seen(tourist: Walk, cast: Cast, complaint: Complaint) -> None:
    """Look at who complained only with a reason, which the complainant reads."""
    tourist.chapter("二十一、谁看过我是谁")
    path = complaint.path
    person = f"{path}/complainant"
    tourist.ask("没有理由，吴书记也看不到是谁。", "GET", person, cast.leader, expect=403, code="reason-needed")
    tourist.ask(
        "写明理由以后才能看。",
        "POST",
        f"{path}/unmask",
        cast.leader,
        {"reason": "回访前核对电话。"},
        note=lambda body: body["complainant"]["name"],
    )
    shown = tourist.ask(
        "吴书记看到姓名和电话。", "GET", person, cast.leader, note=lambda body: f"{body['name']} {body['phone']}"
    )
    tourist.insist("the phone number", shown["phone"] == PHONE, shown.body)
    seen = tourist.ask(
        "小吴看到谁看过、为什么。",
        "GET",
        path,
        complaint.author,
        note=lambda body: "；".join(f"{look['nickname']}：{look['reason']}" for look in body["looks"]),
    )
    tourist.insist("one look", len(seen["looks"]) == 1, seen["looks"])
    public = tourist.ask("路人看同一条，没有姓名，也没有电话。", "GET", path, note=lambda body: str(body["author"]))
    tourist.insist("nobody's name", PHONE not in str(public.body) and "吴小明" not in str(public.body), public.body)


def find_on_wall(tourist: Walk, sentence: str, area_id: str, complaint_id: str) -> Json:
    """Return a complaint as it stands on a wall's first page."""
    wall = tourist.ask(
        sentence,
        "GET",
        f"/v1/walls/{area_id}?limit=50",
        note=lambda body: (
            f"{body['tally']['area_name']}：{body['tally']['unanswered']} 条未答复，{body['tally']['overdue']} 条超期"
        ),
    )
    found = [item for item in wall["items"] if item["id"] == complaint_id]
    tourist.insist("the complaint on it", found, [item["id"] for item in wall["items"]])
    return dict(found[0])


def hand_up(tourist: Walk, sentence: str, complaint: Complaint, person: Person, reason: Json) -> Answer:
    """Hand a complaint up one level; it keeps its number."""
    raised = tourist.ask(
        sentence,
        "POST",
        f"{complaint.path}/escalate",
        person,
        reason,
        note=lambda body: f"第 {body['number']} 号，现在由{body['handler']['name']}办理",
    )
    tourist.insist("the same number", raised["number"] == complaint.number, raised.body)
    return raised


def give_answer(tourist: Walk, sentence: str, cast: Cast, complaint: Complaint, words: str) -> None:
    """Answer as the leader."""
    tourist.ask(
        sentence,
        "POST",
        f"{complaint.path}/answer",
        cast.leader,
        {"answer": words, "outcome": "resolved"},
        note=lambda body: f"{body['status']}：{body['answer']['answer']}",
    )

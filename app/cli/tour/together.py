"""Chapters on complaints that take several: units, helpers, other systems; and the figures that come of all of them."""

from app.cli.tour.arrival import Cast, bring_home
from app.cli.tour.walk import Answer, Json, Person, Walk
from app.core.clock import today

LAMPS, PROPERTY = "区路灯管理所", "晨光物业服务公司"
PHONE = "13987654321"


def handle_jointly(tourist: Walk, cast: Cast) -> None:
    """Hand a complaint to two units, which are never told who complained, and show one joint answer."""
    tourist.chapter("二十六、两家单位一起办")
    author = tourist.log_in(f"夜归人{tourist.ending}", "一位晚归的居民登录。")
    form: Json = {
        "area_id": cast.grid_id,
        "category": "lighting",
        "title": "东门外的路灯一排都不亮",
        "body": f"东门到公交站的路灯好几天没亮了，回家很害怕，电话{PHONE}。",
        "contact": {"name": "郝晚归", "phone": PHONE},
    }
    path = _post_and_accept(tourist, cast, author, form)
    units = {unit["name"]: unit["id"] for unit in _list_units(tourist, cast)["items"]}
    dispatched = tourist.ask(
        "小许转给路灯管理所牵头、物业协办，各有各的期限。",
        "POST",
        f"{path}/dispatch",
        cast.grid_worker,
        {
            "lead_unit_id": units[LAMPS],
            "co_unit_ids": [units[PROPERTY]],
            "instructions": "请查清是电缆还是树枝遮挡。",
            "working_days": 3,
        },
        note=lambda body: "；".join(f"{part['unit']['name']} {part['status']}" for part in body["parts"]),
    )
    own = tourist.ask(
        "路灯管理所的小秦看到要办什么、在哪里，看不到是谁提的。",
        "GET",
        "/v1/me/steps?limit=50",
        cast.unit_worker,
        note=lambda body: f"{len(body['items'])} 件待办",
    )
    step = next((item for item in own["items"] if item["complaint"]["id"] == dispatched["id"]), None)
    tourist.insist("the new step, without anybody's name", step is not None, own.body)
    assert step is not None, "it was insisted on"
    other = next(part for part in dispatched["parts"] if not part["is_lead"])
    tourist.insist("nobody's name", "郝晚归" not in str(step) and PHONE not in str(step), step)
    _answer_jointly(tourist, cast, author, path, {step["id"]: cast.unit_worker, other["id"]: cast.grid_worker})


def _answer_jointly(tourist: Walk, cast: Cast, author: Person, path: str, steps: dict[str, Person]) -> None:
    """Have each unit answer, then the staff for all of them, and everybody rate it."""
    early: Json = {"answer": "都办好了。", "outcome": "resolved"}
    tourist.ask(
        "单位还没答复，不能先办结。",
        "POST",
        f"{path}/answer",
        cast.grid_worker,
        early,
        expect=409,
        code="steps-open",
    )
    words = ("电缆接头进水，已重新接好。", "已修剪挡光的树枝。")
    for sentence, (step_id, person), done in zip(
        ("小秦填写处理结果。", "物业交来纸质回复，小许代录。"), steps.items(), words, strict=True
    ):
        given: Json = {"answer": done}
        tourist.ask(sentence, "POST", f"/v1/steps/{step_id}/answer", person, given, note=_status)
    tourist.ask(
        "小许汇总答复。",
        "POST",
        f"{path}/answer",
        cast.grid_worker,
        {"answer": "电缆已修好，树枝已修剪，当晚全部亮灯。", "outcome": "resolved"},
        note=lambda body: body["status"],
    )
    shown = tourist.wait_until(
        "墙上看得到两家单位各自的结果。",
        path,
        author,
        lambda body: body["echo"] is not None,
        lambda body: "；".join(f"{part['unit']['name']}：{part['answer']}" for part in body["parts"]),
        reviewer=cast.administrator,
    )
    tourist.insist("two answers", all(part["answer"] for part in shown["parts"]), shown["parts"])
    for sentence, person in (("居民评价。", author), ("小秦也评价（联评）。", cast.unit_worker)):
        verdict: Json = {"is_satisfied": True}
        tourist.ask(sentence, "POST", f"{path}/rate", person, verdict, note=lambda body: body["status"])


def call_helpers(tourist: Walk, cast: Cast) -> None:
    """Make a task of a complaint: a member does it and earns points, the answer stays the staff's."""
    tourist.chapter("二十七、请党员来帮一把")
    author = tourist.log_in(f"楼长{tourist.ending}", "一位楼长登录。")
    form: Json = {
        "area_id": cast.grid_id,
        "category": "sanitation",
        "title": "楼道里堆满旧家具",
        "body": "四单元楼道里堆着没人要的旧柜子，走路要侧身，想请人帮忙清走。",
    }
    path = _post_and_accept(tourist, cast, author, form)
    called = tourist.ask(
        "小许请两位党员或志愿者帮忙。",
        "POST",
        f"{path}/call-helpers",
        cast.grid_worker,
        {"seats": 2},
        note=lambda body: f"任务 {body['task']['status']}，{body['task']['seats']} 个名额",
    )
    claim = tourist.ask(
        "新党员认领。",
        "POST",
        f"/v1/tasks/{called['task']['id']}/claims",
        cast.member,
        expect=201,
        note=lambda body: body["status"],
    )
    path_of_claim = f"/v1/claims/{claim['id']}"
    done: Json = {"note": "柜子已经抬到回收点。"}
    tourist.ask("做完了。", "POST", f"{path_of_claim}/submit", cast.member, done, note=lambda body: body["status"])
    tourist.ask(
        "小许是请人帮忙的人，由小许确认，积分到账。", "POST", f"{path_of_claim}/confirm", cast.grid_worker, note=_status
    )
    answered: Json = {"answer": "旧柜子已清走，感谢热心邻居。", "outcome": "resolved"}
    tourist.ask("小许答复诉求。", "POST", f"{path}/answer", cast.grid_worker, answered, note=_status)


def speak_open311(tourist: Walk, cast: Cast) -> None:
    """Post and follow a complaint as another system does, by the Open311 standard."""
    tourist.chapter("二十八、别的系统也能提（Open311）")
    tourist.ask("发现文档。", "GET", "/open311/v2/discovery.json", note=lambda body: body["endpoints"][0]["url"])
    services = tourist.ask(
        "有哪些类别。", "GET", "/open311/v2/services.json", note=lambda body: f"{len(body['items'])} 类"
    )
    tourist.insist("lighting", "lighting" in {item["service_code"] for item in services["items"]}, services.body)
    key = tourist.ask(
        "管理员给热线系统一把钥匙，只显示这一次。",
        "POST",
        "/v1/api-keys",
        cast.administrator,
        {"area_id": cast.community_id, "name": f"热线{tourist.ending}"},
        expect=201,
        note=lambda body: body["name"],
    )
    form = {
        "api_key": key["key"],
        "service_code": "roads",
        "address_id": cast.grid_id,
        "description": "公交站旁边的井盖松了，晚上看不清很容易绊倒。",
    }
    posted = tourist.ask(
        "热线系统按标准提交。",
        "POST",
        "/open311/v2/requests.json",
        form=form,
        note=lambda body: f"第 {body['items'][0]['service_request_id']} 号",
    )
    number = posted["items"][0]["service_request_id"]
    queue = tourist.wait_until(
        "没有微信身份可以检查，等小许看过再上墙。",
        f"/v1/complaints?area_id={cast.grid_id}&status=reviewing&limit=50",
        cast.grid_worker,
        lambda body: any(str(item["number"]) == number for item in body["items"]),
        lambda body: f"{len(body['items'])} 条待看",
    )
    complaint_id = next(item["id"] for item in queue["items"] if str(item["number"]) == number)
    tourist.ask("小许放行。", "POST", f"/v1/complaints/{complaint_id}/admit", cast.grid_worker, note=_status)
    bring_home(tourist, cast, f"/v1/complaints/{complaint_id}")
    tourist.ask(
        "热线系统按号码查到它。",
        "GET",
        f"/open311/v2/requests/{number}.json",
        note=lambda body: f"{body['items'][0]['status']}：{body['items'][0]['status_notes']}",
    )
    tourist.ask("小许签收。", "POST", f"/v1/complaints/{complaint_id}/accept", cast.grid_worker, note=_status)


def read_rates(tourist: Walk, cast: Cast) -> None:
    """Read the published rates, which anybody may, and which are counted again from events alone."""
    tourist.chapter("二十九、三率有出处")
    month = f"{today():%Y-%m}"
    for by, name in (("area", "各网格"), ("category", "各类别"), ("unit", "各单位")):
        rates = tourist.ask(
            f"不登录也能看{name}的响应率、解决率、满意率。",
            "GET",
            f"/v1/rates?area_id={cast.community_id}&from={month}&to={month}&by={by}",
            note=lambda body: f"已公布 {len(body['months'])} 个月，定义第 {body['definitions']} 版",
        )
        tourist.insist("the version of the definitions", rates["definitions"] >= 1, rates.body)


def _post_and_accept(tourist: Walk, cast: Cast, author: Person, form: Json) -> str:
    """Have somebody post, and the grid worker accept; return the complaint's path."""
    posted = tourist.ask(
        "写下诉求。",
        "POST",
        "/v1/complaints",
        author,
        form,
        expect=201,
        note=lambda body: f"第 {body['number']} 号《{body['title']}》",
    )
    path = f"/v1/complaints/{posted['id']}"
    tourist.wait_until(
        "检查通过，上墙。",
        path,
        author,
        lambda body: body["status"] == "open",
        _status,
        reviewer=cast.administrator,
    )
    bring_home(tourist, cast, path)
    tourist.ask("小许签收。", "POST", f"{path}/accept", cast.grid_worker, note=_status)
    return path


def _list_units(tourist: Walk, cast: Cast) -> Answer:
    district_id = cast.district_id
    return tourist.ask(
        "看区里有哪些单位。",
        "GET",
        f"/v1/units?area_id={district_id}",
        note=lambda body: f"{len(body['items'])} 家单位",
    )


def _status(body: Json) -> str:
    return str(body["status"])

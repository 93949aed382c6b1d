"""Chapters on people and places: lists from files, posts, teams, what lies where, and a grid that is split."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Answer, Json, Walk
from app.core.clock import today

POSTS_HEAD = "岗位名称,岗位职责,网格,姓名,联系电话"


def take_in_a_list(tourist: Walk, cast: Cast) -> None:
    """Import a list with a fault in it, be told which, and recognise somebody of it when they log in."""
    tourist.chapter("三十、一份名册，一处错，一眼看到")
    grid = tourist.ask("名册写的是哪个网格。", "GET", f"/v1/areas/{cast.grid_id}", note=lambda body: body["name"])
    name, post = f"名册{tourist.ending}.csv", f"楼栋长{tourist.ending}"
    lines = (
        POSTS_HEAD,
        f"{post},联系本楼居民,{grid['name']},柳　成荫,{_phone(tourist)}",
        f"巡逻员{tourist.ending},夜间巡逻,没有的网格,周巡,13987650001",
    )
    sent = tourist.ask(
        "管理员上传岗位名册，系统认出每一列是什么。",
        "POST",
        f"/v1/imports?kind=posts&area_id={cast.community_id}",
        cast.administrator,
        file=(name, "\n".join(lines).encode("gb18030")),
        expect=201,
        note=lambda body: "、".join(f"{c['heading']}→{c['title']}" for c in body["mapping"]["columns"]),
    )
    path = f"/v1/imports/{sent['id']}"
    tourist.ask("先检查，不写入。", "POST", f"{path}/check", cast.administrator, note=_status)
    tourist.wait_until("检查好了。", path, cast.administrator, lambda body: body["status"] == "checked", _counts)
    refused = tourist.ask(
        "哪一行、哪一列、为什么。",
        "GET",
        f"{path}/rows?verdict=refused",
        cast.administrator,
        note=lambda body: f"第{body['items'][0]['number']}行：{body['items'][0]['reasons'][0]['reason']}",
    )
    tourist.insist("one faulty row", [row["number"] for row in refused["items"]] == [3], refused.body)
    accepted: Json = {"accept_refused": True}
    tourist.ask("其余的先导入。", "POST", f"{path}/confirm", cast.administrator, accepted, note=_status)
    tourist.wait_until("导入完成。", path, cast.administrator, lambda body: body["status"] == "done", _counts)
    _recognise(tourist, cast, post)


def _recognise(tourist: Walk, cast: Cast, post: str) -> None:
    person = tourist.log_in(f"柳成荫{tourist.ending}", "名册上的楼栋长第一次登录。")
    said: Json = {"name": "柳成荫", "phone": _phone(tourist), "home_area_id": cast.grid_id}
    asked = tourist.ask(
        "本人填写姓名和手机号，等社区核对；名册上有没有，不会告诉他。",
        "POST",
        "/v1/identifications",
        person,
        said,
        expect=201,
        note=lambda body: f"{body['contact']['name']} {body['contact']['phone']} {body['status']}",
    )
    path = f"/v1/identifications/{asked['id']}"
    seen = tourist.ask(
        "社工小林看到名册上正有此人。",
        "GET",
        path,
        cast.staff,
        note=lambda body: f"{body['contact']['name']}，{'、'.join(body['posts'])}",
    )
    tourist.insist("a person of the roster", seen["is_on_roster"], seen.body)
    tourist.ask("当面核对过，通过。", "POST", f"{path}/approve", cast.staff, note=_status)
    own = tourist.ask(
        "他的岗位立刻归他。",
        "GET",
        "/v1/me/posts",
        person,
        note=lambda body: "、".join(item["name"] for item in body["items"]),
    )
    tourist.insist("the post of the list", post in {item["name"] for item in own["items"]}, own.body)


def hold_posts(tourist: Walk, cast: Cast) -> None:
    """Let a post own a queue: a vacancy falls to the post above, and comes back with whoever is appointed."""
    tourist.chapter("三十一、事跟着岗位走")
    worker = tourist.log_in(f"新网格员{tourist.ending}", "一位新网格员登录。")
    found = tourist.ask(
        "这个社区有网格员岗位空着。",
        "GET",
        f"/v1/posts?area_id={cast.community_id}&is_vacant=true",
        cast.administrator,
        note=lambda body: "、".join(f"{item['area']['name']}{item['name']}" for item in body["items"]),
    )
    tourist.insist("a vacant post", bool(found["items"]), found.body)
    post = f"/v1/posts/{found['items'][0]['id']}"
    appointed: Json = {"user_id": worker.id}
    tourist.ask("网格岗位由新网格员担任。", "POST", f"{post}/appoint", cast.administrator, appointed, note=_holder)
    tourist.ask(
        "上岗就有权限，待办有多少一眼看到。",
        "GET",
        "/v1/me/posts",
        worker,
        note=lambda body: "；".join(f"{c['queue']} {c['waiting']}" for c in body["items"][0]["counts"]),
    )
    left: Json = {"reason": "调到街道。"}
    tourist.ask("离岗，权限同时收回。", "POST", f"{post}/vacate", cast.administrator, left, note=lambda _: "空缺")
    me = tourist.ask("他不再是工作人员。", "GET", "/v1/me", worker, note=lambda body: f"{len(body['grants'])} 项授权")
    tourist.insist("no grant", not me["grants"], me.body)
    seen = tourist.ask(
        "空缺期间，事情由上一级岗位接着办。",
        "GET",
        post,
        cast.staff,
        note=lambda body: "；".join(f"{a['queue']}→{a['post_name']}" for a in body["answered_by"]),
    )
    for one in seen["answered_by"]:
        tourist.insist("somebody above", one["area"]["id"] == cast.community_id, seen.body)


def form_a_team(tourist: Walk, cast: Cast) -> None:
    """Found a team, let staff read what it says, join it, and put it into an alliance."""
    tourist.chapter("三十二、志愿队伍和同盟")
    form: Json = {
        "area_id": cast.grid_id,
        "name": f"红马甲{tourist.ending}",
        "introduction": "街坊自己的志愿队，周六免费修小家电。",
        "services": [
            {
                "title": "周六义务维修",
                "description": "小家电免费修。",
                "hours": [{"weekdays": [6], "from": "09:00", "to": "11:30"}],
            }
        ],
    }
    made = tourist.ask("新党员发起一支队伍。", "POST", "/v1/teams", cast.member, form, expect=201, note=_status)
    path = f"/v1/teams/{made['id']}"
    tourist.ask("社区看过之前，别人看不到。", "GET", path, expect=404, code="not-found")
    tourist.ask("社工小林通过。", "POST", f"{path}/approve", cast.staff, note=_status)
    asked = tourist.ask("志愿者小陈申请加入。", "POST", f"{path}/members", cast.volunteer, expect=201, note=_status)
    tourist.ask("队长同意。", "POST", f"/v1/teams/members/{asked['id']}/admit", cast.member, note=_status)
    alliance: Json = {"area_id": cast.community_id, "name": f"维修同盟{tourist.ending}"}
    kept = tourist.ask("社区组织同盟。", "POST", "/v1/alliances", cast.staff, alliance, expect=201, note=_named)
    teams: Json = {"team_ids": [made["id"]]}
    tourist.ask(
        "队伍入盟。",
        "PUT",
        f"/v1/alliances/{kept['id']}/teams",
        cast.staff,
        teams,
        note=lambda body: f"{body['team_count']} 支队伍，{body['head_count']} 人",
    )


def see_what_is_where(tourist: Walk, cast: Cast) -> None:
    """Put a venue on the map and a circle over grids."""
    tourist.chapter("三十三、驿站和商圈")
    place = tourist.ask(
        "网格在哪里。",
        "GET",
        f"/v1/areas/{cast.grid_id}/shape",
        note=lambda body: body["shape"]["type"],
    )
    longitude, latitude = _somewhere_in(place["shape"])
    venue: Json = {
        "area_id": cast.grid_id,
        "kind": "party_station",
        "name": f"红色驿站{tourist.ending}",
        "address": "东门内一层",
        "location": {"longitude": longitude, "latitude": latitude},
        "opening_hours": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}],
    }
    made = tourist.ask("社工小林登记驿站。", "POST", "/v1/venues", cast.staff, venue, expect=201, note=_named)
    near = tourist.ask(
        "不登录也能找最近的驿站，现在开不开。",
        "GET",
        f"/v1/venues/near?longitude={longitude}&latitude={latitude}",
        note=lambda body: f"{body['items'][0]['name']}，{body['items'][0]['distance_m']} 米",
    )
    mine = next((item for item in near["items"] if item["id"] == made["id"]), None)
    tourist.insist("the open venue", mine is not None and mine["is_open_now"], near.body)
    tourist.ask("演示用的驿站收起来。", "POST", f"/v1/venues/{made['id']}/close", cast.staff, note=lambda _: "已关闭")
    circle: Json = {"area_id": cast.district_id, "name": f"湖滨商圈{tourist.ending}"}
    laid = tourist.ask("商圈小周划一个商圈。", "POST", "/v1/circles", cast.alliance, circle, expect=201, note=_named)
    grids: Json = {"grid_ids": [cast.grid_id]}
    tourist.ask(
        "商圈盖住这个网格。",
        "PUT",
        f"/v1/circles/{laid['id']}/grids",
        cast.alliance,
        grids,
        note=lambda body: f"{body['grid_count']} 个网格",
    )
    tourist.ask(
        "按商圈看兑换项。",
        "GET",
        f"/v1/offers?area_id={cast.district_id}&circle_id={laid['id']}",
        note=lambda body: f"{len(body['items'])} 项",
    )
    tourist.ask(
        "演示用的商圈收起来。", "POST", f"/v1/circles/{laid['id']}/close", cast.alliance, note=lambda _: "已关闭"
    )


def count_strength(tourist: Walk, cast: Cast) -> None:
    """Count members and volunteers against the rule, and workers against households."""
    tourist.chapter("三十四、力量够不够")
    area = f"area_id={cast.community_id}"
    tourist.ask(
        "每个网格党员、志愿者各差多少，差得多的排前面。",
        "GET",
        f"/v1/strength?{area}",
        cast.staff,
        note=lambda body: (
            f"党员缺 {body['totals']['members']['shortage']}，志愿者缺 {body['totals']['volunteers']['shortage']}"
        ),
    )
    month = f"{today():%Y-%m}"
    tourist.ask(
        "一路怎么变过来的。",
        "GET",
        f"/v1/strength/history?{area}&from={month}&to={month}",
        cast.staff,
        note=lambda body: f"{len(body['months'])} 个月",
    )
    tourist.ask(
        "按户数和人口，社区要配几名工作者。",
        "GET",
        f"/v1/areas/{cast.community_id}/staffing",
        cast.staff,
        note=lambda body: f"要 {body['needed']}，有 {body['there']}，缺 {body['shortage']}",
    )
    tourist.ask("别的社区看不到。", "GET", f"/v1/strength?{area}", cast.resident, expect=403, code="not-allowed")


def split_a_grid(tourist: Walk, cast: Cast) -> None:
    """Make a grid, give it something to do, split it: what is open moves, what was stays known."""
    tourist.chapter("三十五、网格拆分，事不丢、史不断")
    form: Json = {"parent_id": cast.community_id, "kind": "grid", "name": f"湖心{tourist.ending}", "households": 420}
    made = tourist.ask("管理员新设一个网格。", "POST", "/v1/areas", cast.administrator, form, expect=201, note=_named)
    path = f"/v1/areas/{made['id']}"
    wished: Json = {
        "area_id": made["id"],
        "category": "elderly",
        "title": "想换个门铃",
        "body": "门铃不响了，请人帮忙看看。",
    }
    wish = tourist.ask("居民在这里许下心愿。", "POST", "/v1/wishes", cast.resident, wished, expect=201, note=_status)
    parts = [f"湖心东{tourist.ending}", f"湖心西{tourist.ending}"]
    split: Json = {"parts": [{"name": name} for name in parts], "default_part": 0, "reason": "户数超过三百。"}
    done = tourist.ask(
        "拆成东西两个网格。",
        "POST",
        f"{path}/split",
        cast.administrator,
        split,
        note=lambda body: "、".join(part["name"] for part in body["parts"]),
    )
    moved = tourist.ask(
        "心愿跟到了东网格。", "GET", f"/v1/wishes/{wish['id']}", cast.resident, note=lambda body: body["area"]["name"]
    )
    tourist.insist("the first part", moved["area"]["id"] == done["parts"][0]["id"], moved.body)
    refused: Json = wished | {"title": "还想换个灯泡"}
    tourist.ask("旧网格不再收新的事。", "POST", "/v1/wishes", cast.resident, refused, expect=409, code="area-closed")
    _end(tourist, cast, wish, done)


def _end(tourist: Walk, cast: Cast, wish: Answer, split: Answer) -> None:
    """Take away what the chapter made, so that the tour can be walked again."""
    tourist.ask("居民收回演示的心愿。", "POST", f"/v1/wishes/{wish['id']}/withdraw", cast.resident, note=_status)
    one, other = [part["id"] for part in split["parts"]]
    merged: Json = {"into_id": one, "reason": "演示结束，合并回去。"}
    tourist.ask(
        "两个网格再合成一个。",
        "POST",
        f"/v1/areas/{other}/merge",
        cast.administrator,
        merged,
        note=lambda body: body["successor"]["name"],
    )
    closed: Json = {"reason": "演示结束。"}
    tourist.ask(
        "空网格可以关闭，从不删除。",
        "POST",
        f"/v1/areas/{one}/close",
        cast.administrator,
        closed,
        note=lambda body: body["closed_at"][:10],
    )


def _phone(tourist: Walk) -> str:
    """Return a number that nobody on this server has."""
    return f"139{int(tourist.ending, 16) % 10**8:08d}"


def _somewhere_in(shape: Json) -> tuple[float, float]:
    """Return a corner of a shape."""
    ring = shape["coordinates"][0] if shape["type"] == "Polygon" else shape["coordinates"][0][0]
    longitude, latitude = ring[0][:2]
    return float(longitude), float(latitude)


def _holder(body: Json) -> str:
    return str(body["holder"]["nickname"])


def _counts(body: Json) -> str:
    counts = body["counts"]
    return f"新增 {counts['added']}，变更 {counts['changed']}，不变 {counts['untouched']}，拒绝 {counts['refused']}"


def _named(body: Json) -> str:
    return str(body["name"])


def _status(body: Json) -> str:
    return str(body["status"])

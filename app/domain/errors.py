"""Every refusal of the product: a stable code, a status, an English title, a Chinese sentence that says what to do.

404: the caller may not know that it exists · 403: seen but not allowed · 409: the state is in the way · 422: the
payload alone is at fault · 429 and 503 carry ``Retry-After`` (RFC 9457, RFC 9110).
"""

from app.domain.refusals.call_outs import CALL_OUTS
from app.domain.refusals.entry import ProblemType, passing
from app.domain.refusals.files import FILES
from app.domain.refusals.lending import LENDING
from app.domain.refusals.lists import LISTS
from app.domain.refusals.orders import ORDERS
from app.domain.refusals.pledges import PLEDGES
from app.domain.refusals.points import POINTS
from app.domain.refusals.work import WORK


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """A refusal on its way to the reader.

    ``fields`` name what is wrong inside a payload, ``facts`` tell of the case what its reader may know, such as when a
    voucher was settled.
    """

    def __init__(
        self,
        code: str,
        *,
        retry_after_s: int | None = None,
        fields: list[dict[str, str]] | None = None,
        facts: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.type = CATALOGUE[code]
        self.retry_after_s = retry_after_s if retry_after_s is not None else self.type.retry_after_s
        self.fields = fields
        self.facts = facts

    @property
    def detail(self) -> str:
        """What the reader is told: the catalogue's sentence, with the facts that it names filled in."""
        return self.type.detail.format_map(self.facts) if self.facts and "{" in self.type.detail else self.type.detail


class CountedProblem(Problem):
    """A refusal that is an event itself: what its unit of work wrote, such as a count of wrong tries, is kept."""


_TYPES = (
    # Requests that cannot be read
    passing("malformed-json", 400, "The body is not JSON", "提交的内容格式不对，请更新小程序后再试。"),
    passing(
        "idempotency-key-required",
        400,
        "Idempotency-Key is missing or malformed",
        "请求缺少防重复编号，请更新小程序后再试。",
    ),
    passing("token-missing", 401, "No bearer token", "请先登录。"),
    passing("token-invalid", 401, "The bearer token is invalid or expired", "登录已过期，请重新登录。"),
    passing("not-found", 404, "Nothing here for this caller", "没有找到，可能已被删除，或者您没有权限查看。"),
    passing("method-not-allowed", 405, "This method is not served here", "暂不支持这个操作，请更新小程序后再试。"),
    passing("body-too-large", 413, "The body is too large", "提交的内容太大，请精简后再试。"),
    passing("invalid-payload", 422, "The payload does not fit the schema", "填写的内容有误，请按提示修改后再提交。"),
    passing("cursor-invalid", 422, "The cursor belongs to another list", "列表已更新，请下拉刷新。"),
    # Repeated requests
    passing("request-in-progress", 409, "The same key is still being worked on", "正在处理，请稍候再试。", 1),
    passing(
        "idempotency-key-reused",
        422,
        "The key was used for another request",
        "这次提交与之前的编号重复，请返回上一页重新提交。",
    ),
    # Passing faults
    passing("internal-error", 500, "An unforeseen fault", "系统出错了，我们已记录，请稍后再试。"),
    passing("service-unavailable", 503, "The database or a part is not reachable", "系统繁忙，请稍后再试。", 2),
    passing("too-many-tries", 429, "Too many wrong tries", "输错次数过多，请过一会儿再试。", 900),
    # Logging in: WeChat's code2Session
    passing("login-code-invalid", 401, "WeChat refused the code", "登录凭证已失效，请重新打开小程序登录。"),
    passing(
        "login-blocked", 403, "WeChat blocks this user", "微信提示该账号存在风险，暂时不能登录，请联系社区工作人员。"
    ),
    passing("login-too-frequent", 429, "WeChat limits log-ins", "登录太频繁，请一分钟后再试。", 60),
    passing("wechat-unavailable", 503, "WeChat cannot be reached", "微信服务暂时繁忙，请稍后再试。", 5),
    passing("wechat-misconfigured", 500, "WeChat refuses our AppID or secret", "系统配置有误，已通知管理员。"),
    # A telephone number: WeChat's getuserphonenumber
    passing("phone-code-invalid", 422, "WeChat refused the code", "手机号授权已失效，请重新点按获取手机号。"),
    passing("phone-too-frequent", 429, "WeChat limits phone numbers", "获取手机号太频繁，请一分钟后再试。", 60),
    # What a caller is
    ProblemType(
        "helpers-only", 403, "Only approved members and volunteers may", "通过审核的党员或志愿者才能认领，请先报到。"
    ),
    ProblemType("not-allowed", 403, "The caller's part does not allow this", "您没有权限进行这个操作。"),
    ProblemType(
        "own-interest",
        403,
        "Nobody decides their own matter",
        "不能处理与自己有关的事项，请由本区域其他工作人员处理。没有其他人时，上级区域的工作人员可以处理。",
    ),
    ProblemType("state-conflict", 409, "The state does not allow this any more", "状态已变化，请刷新后再操作。"),
    # Areas, grants, people
    ProblemType("area-unknown", 422, "The area does not exist", "所选的区域不存在，请重新选择。"),
    ProblemType(
        "day-out-of-record",
        422,
        "Nothing is known of that day",
        "只能查看有记录以来、到今天为止的区域划分，请换一个日期。",
    ),
    ProblemType("area-not-a-home", 422, "A home is a grid", "请选择您居住的网格。"),
    ProblemType(
        "area-closed",
        409,
        "The area is closed: nothing new comes into it",
        "所选的区域已撤销或合并，不再办理新的事项，请重新选择现在的区域。",
    ),
    ProblemType(
        "area-name-taken", 409, "Another area beside it has the name", "同一上级下已有同名的区域，请换一个名称。"
    ),
    ProblemType("area-code-taken", 409, "Another area has the code", "这个区划代码已有区域在用，请核对后再填。"),
    ProblemType(
        "area-kind-misplaced",
        422,
        "Areas of this kind do not lie below that one",
        "这类区域不能放在所选的上级下面，请重新选择上级。责任区放在网格下，网格不能放在网格下，其他区域不能放在更低一级的区域下。",
    ),
    ProblemType(
        "area-into-itself",
        409,
        "An area does not go into itself or below what lies below it",
        "不能移到或并入自己，也不能移到或并入自己的下级，请重新选择。",
    ),
    ProblemType("areas-unlike", 409, "Only areas of one kind are merged", "只有同一级别的区域才能合并，请重新选择。"),
    ProblemType(
        "area-not-empty",
        409,
        "Something open is left in the area",
        "区域里还有没有转出或办完的事项，请先转出、办完，或改用合并、拆分。",
    ),
    ProblemType("area-too-deep", 422, "The tree would be too deep", "区域层级太多，请放在更上一级的区域下。"),
    ProblemType("unit-unknown", 422, "The unit does not exist", "所选的单位不存在，请重新选择。"),
    ProblemType(
        "unit-closed", 409, "The unit is closed: nothing new comes to it", "所选的单位已注销或撤销，请重新选择。"
    ),
    ProblemType("unit-name-taken", 409, "The area has a unit of that name", "该区域已有同名单位，请核对后再填写。"),
    ProblemType(
        "credit-code-taken", 409, "Another unit has the credit code", "这个统一社会信用代码已有单位在用，请核对。"
    ),
    ProblemType(
        "unit-busy", 409, "The unit still has to answer", "该单位还有未办结的交办事项，请等待答复或撤回后再试。"
    ),
    ProblemType("user-unknown", 422, "The user does not exist", "没有找到这位用户，请核对用户编号。"),
    ProblemType("grant-exists", 409, "The same grant is held already", "该用户已有这项授权。"),
    ProblemType(
        "grant-of-post",
        409,
        "The grant belongs to a post and ends with it",
        "这项授权随岗位而来，请在岗位管理中让其离岗。",
    ),
    ProblemType("post-name-taken", 409, "The area has a post of that name", "该区域已有同名岗位，请换一个名称。"),
    ProblemType("post-held", 409, "Somebody holds the post", "岗位上还有人，请先办理离岗，再修改权限或撤销岗位。"),
    ProblemType("post-holder-same", 409, "This person holds the post already", "这个人已经在岗，无需重复任命。"),
    ProblemType("post-vacant", 409, "Nobody holds the post", "岗位目前空缺，无需办理离岗。"),
    ProblemType("post-closed", 409, "The post was closed", "岗位已经撤销，请另设岗位。"),
    ProblemType("team-name-taken", 409, "The area has a team of that name", "该区域已有同名队伍，请换一个名称。"),
    ProblemType("team-joined", 409, "The caller has asked or is in the team", "您已申请或已在队伍中，无需重复申请。"),
    ProblemType(
        "team-needs-leader", 409, "The leader cannot leave", "队长不能直接离队，请先移交给其他队员，或解散队伍。"
    ),
    ProblemType(
        "branch-exists", 409, "The grid has a branch", "该网格已有功能型党支部，请在原有支部中修改，或先撤销原有支部。"
    ),
    ProblemType("branch-joined", 409, "The member is in the branch", "已经是该支部的成员，无需重复加入。"),
    ProblemType(
        "member-elsewhere",
        409,
        "Only approved members of the grid are in its branch",
        "只有在本网格通过审核的党员才能加入该支部，请核对党员所在的网格。",
    ),
    ProblemType(
        "not-in-branch", 409, "Only who is in the branch can lead it", "请先加入该支部，再参加书记推荐或自荐。"
    ),
    ProblemType(
        "candidacy-open", 409, "The member stands already", "该党员已在书记人选名单中，请等待处理，或先撤回再重新提出。"
    ),
    ProblemType(
        "successor-chosen",
        409,
        "Another candidate has been accepted",
        "已确定一名书记人选，请先办理交接，或取消原人选后再确定。",
    ),
    ProblemType("branch-vacant", 409, "The branch has no secretary", "该支部目前没有书记，无需办理卸任。"),
    ProblemType(
        "term-too-long",
        422,
        "A term ends after today and within five years",
        "任期届满日应在今天之后、五年之内，请重新选择。",
    ),
    ProblemType(
        "alliance-name-taken", 409, "The area has an alliance of that name", "该区域已有同名同盟，请换一个名称。"
    ),
    ProblemType(
        "team-not-for-alliance",
        422,
        "A team is not there, not approved or not of the area",
        "只能选择本区域内已批准的队伍，请核对后再提交。",
    ),
    ProblemType("already-enrolled", 409, "Applied or approved already", "您已经提交过申请，请等待审核或查看结果。"),
    ProblemType(
        "not-on-roster",
        409,
        "The roster holds nobody of this name and number",
        "名册中没有姓名和手机号都一致的人员，请核对后先录入名册，再通过核对。",
    ),
    ProblemType(
        "person-exists",
        409,
        "The roster has somebody of this name and number",
        "名册中已有姓名和手机号都相同的人员，请核对。如果是同一个人，请只保留一处登记。",
    ),
    ProblemType(
        "person-taken",
        409,
        "The person or the account is bound to another already",
        "名册中的这位人员已与其他微信账号绑定，或该账号已核对为他人，请当面核实后再处理。",
    ),
    ProblemType("already-there", 409, "The grid is the one of now", "所选网格就是当前所在的网格，无需转移。"),
    # Open311
    passing("api-key-missing", 403, "No api_key", "请求缺少接口密钥，请向所在区的系统管理员申请。"),
    passing("api-key-invalid", 403, "The api_key is unknown or was taken back", "接口密钥无效或已收回，请核对。"),
    ProblemType("jurisdiction-unknown", 404, "No such jurisdiction_id", "没有这个辖区，请核对辖区编号。"),
    # Places
    ProblemType(
        "location-outside",
        422,
        "The point lies in no district served here",
        "所选位置不在本区范围内，请重新选点，或从列表中选择网格。",
    ),
    ProblemType(
        "location-in-no-grid",
        422,
        "The point lies in no grid, nor near one",
        "所选位置不在任何网格内，可能是水面或空地，请重新选点，或从列表中选择附近的网格。",
    ),
    ProblemType(
        "location-on-border",
        422,
        "The point lies on a border of grids",
        "所选位置正好在几个网格的交界处，请从列表中选择您所在的网格。",
    ),
    ProblemType(
        "shape-out-of-range",
        422,
        "A point of the shape lies outside China",
        "边界上有的点不在中国范围内，请检查经度和纬度是否写反。",
    ),
    ProblemType(
        "shape-too-detailed", 422, "The shape has too many points", "边界的点太多，最多一万个，请简化后再提交。"
    ),
    ProblemType(
        "shape-self-crossing",
        422,
        "The shape crosses or touches itself",
        "边界自相交叉或重叠，请在地图工具中修正后再提交。",
    ),
    ProblemType(
        "shape-outside-parent",
        422,
        "The shape reaches beyond that of the area above",
        "边界超出了上级区域的范围，请核对后再提交。",
    ),
    ProblemType(
        "shapes-faulty",
        422,
        "The map has errors",
        "边界文件有错误，没有保存，请按提示修改后再提交。",
    ),
    ProblemType(
        "shapes-doubtful",
        422,
        "The map has warnings that nobody accepted",
        "边界文件有需要确认的问题，没有保存，请核对提示，确认无误后再提交。",
    ),
    # Buildings
    ProblemType(
        "area-not-a-grid",
        422,
        "Buildings and branches are those of a grid",
        "楼栋和功能型党支部只能设在网格中，请选择所在的网格。",
    ),
    ProblemType(
        "building-outside-grid",
        422,
        "The point lies far outside the grid",
        "楼栋的位置不在这个网格附近，请核对位置，或选择所在的网格。",
    ),
    ProblemType("building-exists", 409, "The grid has this building already", "这个网格已有这栋楼，请修改已有的登记。"),
    ProblemType("worker-exists", 409, "The user acts for the unit already", "这位用户已经是该单位的经办人。"),
    # Venues and circles
    ProblemType(
        "home-exposed",
        422,
        "A contact point is somebody's home: its building, door and telephone are not for the public",
        "中心户在住户家中，请登记到所在网格，名称和大概位置里不写楼栋、门牌和电话，也不填联系电话。",
    ),
    ProblemType(
        "circle-name-taken", 409, "Another circle of the area has the name", "本区域已有同名的商圈，请换一个名称。"
    ),
    ProblemType(
        "grid-outside-circle",
        422,
        "Only grids below the circle's own area can be in it",
        "商圈只能包含所属区域内的网格，请重新选择。",
    ),
    *FILES,
    *WORK,
    *PLEDGES,
    *LENDING,
    *LISTS,
    *CALL_OUTS,
    *ORDERS,
    *POINTS,
)

CATALOGUE = {entry.code: entry for entry in _TYPES}

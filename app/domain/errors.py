"""Every refusal of the product: a stable code, a status, an English title, a Chinese sentence that says what to do.

404: the caller may not know that it exists · 403: seen but not allowed · 409: the state is in the way · 422: the
payload alone is at fault · 429 and 503 carry ``Retry-After`` (RFC 9457, RFC 9110).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One entry of the catalogue."""

    code: str
    status: int
    title: str
    detail: str
    retry_after_s: int | None = None
    is_stored: bool = True
    """Whether an Idempotency-Key remembers it: decisions are remembered, passing faults are not (I5)."""


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


class CountedProblem(Problem):
    """A refusal that is an event itself: what its unit of work wrote, such as a count of wrong tries, is kept."""


def _passing(code: str, status: int, title: str, detail: str, retry_after_s: int | None = None) -> ProblemType:
    return ProblemType(code, status, title, detail, retry_after_s, is_stored=False)


_TYPES = (
    # Requests that cannot be read
    _passing("malformed-json", 400, "The body is not JSON", "提交的内容格式不对，请更新小程序后再试。"),
    _passing(
        "idempotency-key-required",
        400,
        "Idempotency-Key is missing or malformed",
        "请求缺少防重复编号，请更新小程序后再试。",
    ),
    _passing("token-missing", 401, "No bearer token", "请先登录。"),
    _passing("token-invalid", 401, "The bearer token is invalid or expired", "登录已过期，请重新登录。"),
    _passing("not-found", 404, "Nothing here for this caller", "没有找到，可能已被删除，或者您没有权限查看。"),
    _passing("method-not-allowed", 405, "This method is not served here", "暂不支持这个操作，请更新小程序后再试。"),
    _passing("body-too-large", 413, "The body is larger than 1 MiB", "提交的内容太大，请精简后再试。"),
    _passing("invalid-payload", 422, "The payload does not fit the schema", "填写的内容有误，请按提示修改后再提交。"),
    _passing("cursor-invalid", 422, "The cursor belongs to another list", "列表已更新，请下拉刷新。"),
    # Repeated requests
    _passing("request-in-progress", 409, "The same key is still being worked on", "正在处理，请稍候再试。", 1),
    _passing(
        "idempotency-key-reused",
        422,
        "The key was used for another request",
        "这次提交与之前的编号重复，请返回上一页重新提交。",
    ),
    # Passing faults
    _passing("internal-error", 500, "An unforeseen fault", "系统出错了，我们已记录，请稍后再试。"),
    _passing("service-unavailable", 503, "The database or a part is not reachable", "系统繁忙，请稍后再试。", 2),
    _passing("too-many-tries", 429, "Too many wrong tries", "输错次数过多，请过一会儿再试。", 900),
    # Logging in: WeChat's code2Session
    _passing("login-code-invalid", 401, "WeChat refused the code", "登录凭证已失效，请重新打开小程序登录。"),
    _passing(
        "login-blocked", 403, "WeChat blocks this user", "微信提示该账号存在风险，暂时不能登录，请联系社区工作人员。"
    ),
    _passing("login-too-frequent", 429, "WeChat limits log-ins", "登录太频繁，请一分钟后再试。", 60),
    _passing("wechat-unavailable", 503, "WeChat cannot be reached", "微信服务暂时繁忙，请稍后再试。", 5),
    _passing("wechat-misconfigured", 500, "WeChat refuses our AppID or secret", "系统配置有误，已通知管理员。"),
    # What a caller is
    ProblemType(
        "helpers-only", 403, "Only approved members and volunteers may", "通过审核的党员或志愿者才能认领，请先报到。"
    ),
    ProblemType("not-allowed", 403, "The caller's part does not allow this", "您没有权限进行这个操作。"),
    ProblemType(
        "own-interest", 403, "Nobody decides their own matter", "不能处理与自己有关的事项，请由其他工作人员处理。"
    ),
    ProblemType("state-conflict", 409, "The state does not allow this any more", "状态已变化，请刷新后再操作。"),
    # Areas, grants, people
    ProblemType("area-unknown", 422, "The area does not exist", "所选的区域不存在，请重新选择。"),
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
    ProblemType("area-too-deep", 422, "The tree would be too deep", "区域层级太多，请放在更上一级的区域下。"),
    ProblemType("unit-unknown", 422, "The unit does not exist", "所选的单位不存在，请重新选择。"),
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
        "person-taken",
        409,
        "The person or the account is bound to another already",
        "名册中的这位人员已与其他微信账号绑定，或该账号已核对为他人，请当面核实后再处理。",
    ),
    # Open311
    _passing("api-key-missing", 403, "No api_key", "请求缺少接口密钥，请向所在区的系统管理员申请。"),
    _passing("api-key-invalid", 403, "The api_key is unknown or was taken back", "接口密钥无效或已收回，请核对。"),
    ProblemType("jurisdiction-unknown", 404, "No such jurisdiction_id", "没有这个辖区，请核对辖区编号。"),
    # Files with tables
    ProblemType("file-empty", 422, "Nothing stands in the file", "文件是空的，请检查后重新上传。"),
    ProblemType(
        "file-too-large",
        422,
        "The file or what stands in it is too large",
        "文件太大，最大二十兆，请删去图片和无关内容，或拆成几个文件后再上传。",
    ),
    ProblemType(
        "file-too-many-rows",
        422,
        "More than 50,000 rows or 100 columns",
        "表格太大，每个表最多五万行、一百列，请拆成几个文件，并删去远处多余的行和列后再上传。",
    ),
    ProblemType(
        "file-not-a-table",
        422,
        "Neither xlsx nor csv",
        "这不是表格文件，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-old-excel",
        422,
        "A spreadsheet of another format",
        "暂不支持旧版或其他格式的表格，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-has-macros",
        422,
        "The file holds macros",
        "文件带有宏，为了安全不能上传，请另存为不带宏的 xlsx 后再上传。",
    ),
    ProblemType("file-encrypted", 422, "The file has a password", "文件设有打开密码，请取消密码并保存后再上传。"),
    ProblemType(
        "file-is-packed-too-densely",
        422,
        "Small packed, huge unpacked, or packed twice",
        "文件解压后过大，或者里面还有压缩包，请把内容复制到新的表格，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-encoding-unknown",
        422,
        "The characters of the text cannot be read",
        "无法识别文件的文字编码，请用 Excel 或 WPS 打开，另存为 xlsx 后再上传。",
    ),
    ProblemType(
        "file-damaged",
        422,
        "The file contradicts itself or is cut off",
        "文件已损坏或不完整，请用 Excel 或 WPS 打开，另存为新的 xlsx 后再上传。",
    ),
    ProblemType(
        "file-has-no-such-sheet", 422, "No visible sheet has the name", "文件里没有这个工作表，请重新选择工作表。"
    ),
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
    ProblemType("worker-exists", 409, "The user acts for the unit already", "这位用户已经是该单位的经办人。"),
    # Points policies
    ProblemType("policy-in-the-past", 422, "A policy cannot begin in the past", "生效时间不能早于现在，请重新选择。"),
    # Handling rules
    ProblemType("rule-in-the-past", 422, "A rule cannot begin in the past", "生效时间不能早于现在，请重新选择。"),
    # Tasks and claims
    ProblemType("own-wish", 403, "Nobody claims their own wish", "不能认领自己发布的心愿。"),
    ProblemType(
        "own-complaint",
        403,
        "Nobody claims the task of a complaint that is theirs or that they called for",
        "这是您提交、附议或发起的诉求任务，请留给其他党员和志愿者。",
    ),
    ProblemType("task-full", 409, "No seat is free", "已经被认领了，看看别的任务吧。"),
    ProblemType("task-not-open", 409, "The task is not open", "任务已结束或已取消，看看别的任务吧。"),
    ProblemType(
        "already-claimed", 409, "The caller has a live claim on it", "您已经认领了这个任务，请在“我的认领”中查看。"
    ),
    ProblemType("claim-limit-reached", 409, "Too many open claims", "您手上的任务已达上限，请先完成或退回一个。"),
    # Complaints
    _passing(
        "posting-too-fast",
        429,
        "Too many complaints in a minute",
        "提交得太快了，请稍等一分钟再提交，内容不会丢失。",
        60,
    ),
    ProblemType(
        "category-unknown", 422, "The category is not on the list", "所选的类别已停用或不存在，请重新选择类别。"
    ),
    ProblemType("category-name-taken", 409, "Another category has the name", "已有同名的类别，请换一个名称。"),
    ProblemType(
        "category-needed",
        409,
        "The category takes what fits nowhere else",
        "这个类别用来接收无法归类的诉求，不能停用。",
    ),
    ProblemType(
        "complaint-confidential",
        409,
        "A confidential case is for staff alone",
        "涉及隐私的诉求只由工作人员办理，不能邀请志愿者。",
    ),
    ProblemType(
        "helpers-called",
        409,
        "The helpers of the last call are still at work",
        "这件诉求已有进行中的志愿任务，请等它完成，或先结束它。",
    ),
    ProblemType("escalation-at-top", 409, "There is no level above", "已经是最上一级，不能再上报，请直接办理或联办。"),
    ProblemType("return-at-bottom", 409, "There is no level below", "已经在所属网格，不能再下派，请直接办理。"),
    ProblemType("steps-open", 409, "Units still have to answer", "还有单位没有办结，请等待答复，或撤回交办后再答复。"),
    ProblemType(
        "merge-into-itself", 422, "A complaint cannot be merged into itself", "不能并入自己，请选择另一件诉求。"
    ),
    ProblemType(
        "merge-target-unfit",
        409,
        "The other complaint is merged, ended or out of reach",
        "目标诉求已并案、已办结或不在您的范围内，请选择另一件正在办理的诉求。",
    ),
    ProblemType(
        "reason-needed", 403, "A reason comes before a look", "请先填写查看理由，十分钟内有效，查看记录对诉求人公开。"
    ),
    ProblemType("already-rated", 409, "This answer was rated before", "您已经评价过这次答复，无需再次评价。"),
    ProblemType(
        "reopen-used", 409, "The one right to reopen is used", "您已经重开过一次，请联系社区工作人员，或提交新的诉求。"
    ),
    ProblemType("reopen-too-late", 409, "The time to reopen is over", "已超过十四天的反馈期，请提交新的诉求。"),
    # What hands do to points
    ProblemType("nothing-awarded", 409, "The claim brought no points", "这次服务没有发放积分，无需收回。"),
    ProblemType(
        "reversal-exists",
        409,
        "A reversal was proposed or done already",
        "已有人提出收回这次服务的积分，请查看已有记录。",
    ),
    ProblemType("area-not-a-community", 422, "Only communities have a fund", "请选择要捐给哪个社区。"),
    # Circles
    ProblemType(
        "circle-name-taken", 409, "Another circle of the area has the name", "本区域已有同名的商圈，请换一个名称。"
    ),
    ProblemType(
        "grid-outside-circle",
        422,
        "Only grids below the circle's own area can be in it",
        "商圈只能包含所属区域内的网格，请重新选择。",
    ),
    # Merchants, offers, vouchers
    ProblemType("points-insufficient", 409, "Not enough points", "积分不足，参加服务可以获得积分。"),
    _passing(
        "ledger-halted",
        503,
        "The points do not add up: nothing is settled until they do",
        "系统正在核对积分账目，暂时不能核销和结算，请稍后再试。顾客的兑换券仍然有效，请先保留。",
        600,
    ),
    _passing(
        "not-sealed-yet",
        409,
        "The transfer has no seal yet: each minute makes one",
        "这笔积分刚刚记账，还没有封存，请一分钟后再来查看证明。",
        60,
    ),
    ProblemType(
        "points-below-threshold",
        409,
        "Too little was ever awarded for a first voucher",
        "累计获得的积分还没有达到首次兑换的要求，再参加几次服务就可以兑换。",
    ),
    ProblemType(
        "offer-limit-reached", 409, "The caller has as many as one may", "您已达到每人可兑换的数量，看看别的吧。"
    ),
    ProblemType("offer-daily-limit-reached", 409, "No more are given today", "今天的已经兑完了，请明天再来。"),
    ProblemType(
        "offer-not-valid-now", 409, "Too early or too late for this offer", "现在不在兑换时间内，请看兑换说明。"
    ),
    ProblemType("stock-below-taken", 409, "More were taken already", "数量不能少于已经兑出的，请改大一些。"),
    ProblemType("offer-sold-out", 409, "No stock is left", "已经兑完了，看看别的吧。"),
    ProblemType(
        "licence-taken",
        409,
        "A shop with this licence is there already",
        "这个信用代码已有商户在用，请核对，或联系商圈工作人员。",
    ),
    ProblemType("merchant-not-approved", 409, "The merchant is not approved", "商户尚未通过审核，请等待审核结果。"),
    ProblemType("clerk-exists", 409, "The caller is a clerk of the shop already", "您已经是这家店的店员。"),
    ProblemType(
        "invite-invalid", 422, "The invite is wrong, used or too old", "邀请码不对或已失效，请让店主重新出示。"
    ),
    ProblemType("own-voucher", 403, "Nobody settles their own voucher", "不能核销自己的兑换券，请让其他店员操作。"),
    ProblemType(
        "voucher-code-invalid", 422, "The code is forged, misread or stale", "兑换码无效或已刷新，请让顾客重新出示。"
    ),
    ProblemType("voucher-other-shop", 403, "The voucher is for another shop", "这张券不是本店的，请核对券面上的商户。"),
    ProblemType(
        "scan-too-old", 422, "The scan lies too far back or ahead", "这次扫码已过了半小时，请让顾客重新出示兑换码。"
    ),
    ProblemType(
        "reversal-too-late",
        409,
        "The owner's time to reverse is over",
        "核销已超过一小时，店里不能再撤销，请联系商圈联盟工作人员。",
    ),
    ProblemType(
        "scans-not-accepted",
        409,
        "The shop may not settle at present",
        "本店目前不能核销兑换券，顾客的积分不受影响，请联系商圈联盟工作人员。",
    ),
    ProblemType("voucher-reversed", 409, "The redemption was reversed", "这张券的核销已撤销，积分已退回顾客。"),
    ProblemType("voucher-settled", 409, "The voucher was settled before", "这张券已经核销过了，请在核销记录中查看。"),
    ProblemType("voucher-cancelled", 409, "The voucher was cancelled", "这张券已取消，积分已退回顾客。"),
    ProblemType("voucher-expired", 409, "The voucher has expired", "这张券已过期，积分会退回顾客。"),
    # Monthly settlements
    ProblemType(
        "settlement-month-open", 409, "The month is not over", "这个月还没有结束，下个月一日起才能生成结算单。"
    ),
    ProblemType("settlement-exists", 409, "The month has its settlement", "这个月的结算单已经生成，请在列表中查看。"),
    ProblemType("settlement-empty", 409, "Nothing was settled that month", "这个月没有可以结算的核销记录。"),
    ProblemType("settlement-disputed", 409, "A line is in dispute", "还有明细存在异议，请等待商圈联盟答复后再确认。"),
    ProblemType(
        "settlement-differs",
        409,
        "The lines differ from the ledger",
        "结算明细与积分账本不一致，不能继续，请商圈联盟更新结算单后再核对。",
    ),
    ProblemType(
        "redemption-in-settlement",
        409,
        "The redemption stands on an agreed or paid settlement",
        "这笔核销已列入确认的结算单，不能撤销，请联系商圈联盟重开结算单。",
    ),
)

CATALOGUE = {entry.code: entry for entry in _TYPES}

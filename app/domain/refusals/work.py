"""Refusals about tasks, claims and complaints."""

from app.domain.refusals.entry import ProblemType, passing

WORK = (
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
    ProblemType("own-task", 403, "Nobody claims a task that they posted", "这是您发布的任务，请留给其他党员和志愿者。"),
    ProblemType(
        "task-in-the-past",
        422,
        "The end, or the time to claim, is over",
        "结束时间或报名截止时间已过，请改成将来的时间。",
    ),
    ProblemType(
        "task-outside-area",
        422,
        "The place is not in the task's area",
        "任务地点不在所选区域内，请重新选点或选择区域。",
    ),
    ProblemType(
        "task-claimed",
        409,
        "Somebody has claimed the task",
        "已经有人认领，不能再改，确需改动请取消后重新发布，认领的人会看到原因。",
    ),
    ProblemType("task-full", 409, "No seat is free", "已经被认领了，看看别的任务吧。"),
    ProblemType("task-not-open", 409, "The task is not open", "任务已结束或已取消，看看别的任务吧。"),
    ProblemType(
        "already-claimed", 409, "The caller has a live claim on it", "您已经认领了这个任务，请在“我的认领”中查看。"
    ),
    ProblemType("claim-limit-reached", 409, "Too many open claims", "您手上的任务已达上限，请先完成或退回一个。"),
    # Tags of tasks
    ProblemType(
        "tag-unknown",
        422,
        "A tag is not on the list, or is chosen no more",
        "所选的标签已停用或不存在，请重新选择标签。",
    ),
    ProblemType("tag-code-taken", 409, "Another tag has the code", "已有相同代码的标签，请换一个代码。"),
    ProblemType(
        "tag-name-taken", 409, "Another tag of the group has the name", "这一组里已有同名的标签，请换一个名称。"
    ),
    ProblemType(
        "tag-limit-reached",
        409,
        "There are as many tags as may be",
        "标签已经够多了，请停用或改名现有的标签，不要再增加。",
    ),
    # Errands
    ProblemType(
        "consent-outdated",
        409,
        "The resident agreed to another version of the text",
        "代办须知已更新，请重新阅读并同意后再提交。",
    ),
    ProblemType(
        "things-not-handed-back",
        409,
        "The claimant still has the resident's things",
        "居民的物品还没有归还，请当面交回，让居民出示代码登记后再提交。",
    ),
    ProblemType(
        "things-too-many", 422, "More things are in hand than may be", "登记的物品太多，请合并成几项后再登记。"
    ),
    ProblemType("nothing-in-hand", 409, "Nothing is in hand", "没有待归还的物品，无需登记。"),
    # Series of tasks
    ProblemType(
        "rule-unclear",
        422,
        "The recurrence rule is not of the part of RFC 5545 that is taken",
        "重复规则看不懂，请选择每天、每周或每月，再选星期几或几号。",
    ),
    ProblemType("series-endless", 422, "The series has no end", "没有写到哪天为止或共几次，请补上结束日期或次数。"),
    ProblemType(
        "series-too-long",
        422,
        "The series is longer than two years or 400 occurrences",
        "最长两年、最多四百次，请缩短日期或减少次数。",
    ),
    ProblemType("series-empty", 422, "The rule names no day", "按这个规则一次也没有，请核对开始日期、结束日期和规则。"),
    ProblemType(
        "series-in-the-past",
        422,
        "The series begins or ends in the past",
        "开始日期不能早于今天，最后一次也不能已经过去，请重新选择。",
    ),
    ProblemType(
        "series-unchecked",
        409,
        "The words that hold until then are not checked yet",
        "这个系列的内容还没有通过检查，请先通过，或者从它的开始日期改起。",
    ),
    ProblemType("days-unclear", 422, "The days are out of order or too many", "日期先后不对或超过两个月，请重新选择。"),
    ProblemType(
        "claims-narrowed",
        409,
        "Two claims lapsed within 30 days: one open claim at a time until then",
        "您有两次认领到期没有完成，{until}之前一次只能认领一个任务，请先完成或退回手上的任务。",
    ),
    ProblemType("task-not-full", 409, "A seat is free", "还有名额，不用排队，请直接认领。"),
    ProblemType("already-waiting", 409, "The caller is in line", "您已经在排队了，有人退出会自动轮到您。"),
    ProblemType(
        "waiting-limit-reached",
        409,
        "The caller waits for too many tasks",
        "您同时排队的任务已达上限，请先退出一个，在“我的排队”中可以退出。",
    ),
    ProblemType(
        "seats-not-more",
        409,
        "The task has as many seats or more",
        "名额只能增加，请填写比现在更多的人数，要减少请停止招募后重新发布。",
    ),
    # Being there
    ProblemType(
        "shown-code-invalid",
        422,
        "The code is misread, stale or another's",
        "码不对或已刷新，请对着现在显示的码再扫一次或再输一次。",
    ),
    ProblemType(
        "check-in-elsewhere",
        422,
        "The code is that of another task",
        "这是另一个任务的签到码，请核对地点，扫本任务的码。",
    ),
    passing(
        "check-in-early",
        409,
        "Check-in begins 30 minutes before the task",
        "还没到签到时间，开始前三十分钟起可以签到，请到时再试。",
    ),
    ProblemType(
        "check-in-late",
        409,
        "The task is over",
        "任务时间已经结束，不能再签到。如果您参加了，请直接提交，并在说明里写明。",
    ),
    ProblemType("already-checked-in", 409, "The claimant has checked in", "已经签到过了，无需重复签到。"),
    ProblemType("not-checked-in", 409, "The claimant has not checked in", "还没有签到，不用签退，做完了请直接提交。"),
    ProblemType(
        "claims-unknown",
        422,
        "Some claims are not of this task",
        "有的认领不属于这个任务，请刷新名单后重新勾选。",
    ),
    ProblemType(
        "own-among-them",
        403,
        "One of the claims is the caller's own",
        "名单里有您自己的认领，请去掉后再提交，由其他工作人员为您确认。",
    ),
    ProblemType(
        "minutes-beyond-window",
        422,
        "More minutes than the task lasts",
        "时长不能超过任务时间，最多填{minutes}分钟。做得更久请在说明里写明，由确认的人填写。",
    ),
    # Complaints
    passing(
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
)

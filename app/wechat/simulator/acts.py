"""What users do in WeChat itself: give or refuse credits, take back an authorisation, close their account."""

from app.wechat.simulator import faults, messages, pushes
from app.wechat.simulator.world import World

TEMPLATES_A_CALL_MAX = 5
POPUP = "subscribe_msg_popup_event"
CHANGE = "subscribe_msg_change_event"
PUSH_SERVICE = "oPUSHSERVICE0000000000000000"


def subscribe(world: World, name: str, answers: dict[str, str]) -> None:
    """Answer the dialog of ``wx.requestSubscribeMessage``: each ``accept`` is one message more."""
    openid = world.meet(name)
    items = []
    for template_id, answer in answers.items():
        if answer == "accept":
            world.set_credits(openid, template_id, world.credits.get((openid, template_id), 0) + 1)
        items.append({"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": "0"})
    messages.tell(world, POPUP, openid, items)


def switch_off(world: World, name: str, template_id: str) -> None:
    """Switch a template off in the service notices; what was granted is gone."""
    openid = world.meet(name)
    world.set_credits(openid, template_id, 0)
    messages.tell(world, CHANGE, openid, [{"TemplateId": template_id, "SubscribeStatusString": "reject"}])


def tell_of_authorisation(world: World, event: str, name: str, revoked: str) -> None:
    """Push that a user changed their profile, took an authorisation back or closed their WeChat account."""
    told = {
        "OpenID": world.meet(name),
        "AppID": world.appid,
        "RevokeInfo": revoked,
        "PluginID": "",
        "OpenPID": "",
    }
    struck = faults.take_for_push(world.push_faults, event)
    world.start(pushes.push(world, pushes.event_of(world, event, PUSH_SERVICE, told), struck))

"""The story from the first log-in to the last scan, in the order in which people live it."""

from app.cli.tour import (
    again,
    alliance,
    bounds,
    branch,
    calling,
    complaining,
    hands,
    lending,
    listing,
    neighbourhood,
    proof,
    queueing,
    rules,
    safeguards,
    settling,
    shopping,
    together,
    wechatting,
    wishing,
)
from app.cli.tour.arrival import arrive
from app.cli.tour.walk import Walk


def walk(tourist: Walk) -> None:
    """Walk the whole story. Raises StepFailedError at the first step that does not go as it should."""
    tourist.say(f"回音壁导览：{tourist.url}")
    cast = arrive(tourist)
    wish = wishing.post_and_review(tourist, cast)
    wishing.claim_and_deliver(tourist, cast, wish)
    wishing.confirm_and_award(tourist, cast, wish)
    shop = shopping.open_shop(tourist, cast)
    shopping.take_and_settle(tourist, cast, shop)
    shopping.take_and_cancel(tourist, cast, shop)
    safeguards.reject_risky(tourist, cast)
    safeguards.refuse_bad_payloads(tourist, cast)
    safeguards.give_and_revoke(tourist, cast)
    alliance.change_and_suspend(tourist, cast, shop)
    hands.adjust_and_audit(tourist, cast)
    proof.check_proof(tourist, cast)
    settling.settle_the_month(tourist, cast, shop)
    rules.change_rules(tourist, cast, wish)
    complaint = complaining.post(tourist, cast)
    complaining.stand_and_be_joined(tourist, cast, complaint)
    complaining.accept_and_ask(tourist, cast, complaint)
    complaining.hand_up_and_take_on(tourist, cast, complaint)
    complaining.answer_and_contest(tourist, cast, complaint)
    complaining.look_and_be_seen(tourist, cast, complaint)
    bounds.post_fast(tourist, cast)
    bounds.say_it_again_and_again(tourist, cast)
    bounds.keep_in_confidence(tourist, cast)
    together.handle_jointly(tourist, cast)
    together.call_helpers(tourist, cast)
    together.speak_open311(tourist, cast)
    together.read_rates(tourist, cast)
    neighbourhood.take_in_a_list(tourist, cast)
    neighbourhood.hold_posts(tourist, cast)
    neighbourhood.form_a_team(tourist, cast)
    neighbourhood.see_what_is_where(tourist, cast)
    neighbourhood.count_strength(tourist, cast)
    neighbourhood.split_a_grid(tourist, cast)
    branch.lead_a_branch(tourist, cast)
    lending.lend_a_neighbour(tourist, cast)
    again.patrol_again_and_again(tourist, cast)
    queueing.wait_and_move_up(tourist, cast)
    calling.rehearse_a_call_out(tourist, cast)
    listing.work_off_a_list(tourist, cast)
    wechatting.go_through_wechat(tourist, cast)
    tourist.chapter(f"走完了：{tourist.steps} 步，每一步都如预期。")

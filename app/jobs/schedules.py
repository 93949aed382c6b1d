"""When each sweep runs."""

from collections.abc import Awaitable, Callable

from app.jobs import content_sweeps, handlers, media_sweeps, wechat_sweeps

SWEEPS: dict[str, tuple[str, Callable[[handlers.Parts], Awaitable[int]]]] = {
    "confirm_silent": ("*/5 * * * *", handlers.confirm_silent),
    "ask_to_confirm": ("*/5 * * * *", handlers.ask_to_confirm),
    "lapse_overdue": ("*/5 * * * *", handlers.lapse_overdue),
    "remind_claimants": ("*/5 * * * *", handlers.remind_claimants),
    "move_up": ("* * * * *", handlers.move_up),
    "close_attendances": ("*/5 * * * *", handlers.close_attendances),
    "end_pledges": ("*/5 * * * *", handlers.end_pledges),
    "end_tasks": ("*/5 * * * *", handlers.end_tasks),
    "make_series_tasks": ("13 * * * *", handlers.make_series_tasks),
    "close_lists": ("19 * * * *", handlers.close_lists),
    "expire_wishes": ("7 * * * *", handlers.expire_wishes),
    "expire_errands": ("8 * * * *", handlers.expire_errands),
    "expire_vouchers": ("*/5 * * * *", handlers.expire_vouchers),
    "give_back_vouchers": ("*/5 * * * *", handlers.give_back_vouchers),
    "mature_points": ("1,31 * * * *", handlers.mature_points),
    "expire_points": ("2,32 * * * *", handlers.expire_points),
    "warn_expiry": ("4 * * * *", handlers.warn_expiry),
    "close_silent": ("11 * * * *", handlers.close_silent),
    "ask_to_rate": ("12 * * * *", handlers.ask_to_rate),
    # Many at once, so that the time of a message does not tell whose a complaint is.
    "tell_complainants": ("*/10 * * * *", handlers.tell_complainants),
    "escalate_overdue": ("* * * * *", handlers.escalate_overdue),
    "remind_due": ("*/5 * * * *", handlers.remind_due),
    "ring_waiting": ("* * * * *", wechat_sweeps.ring_waiting),
    "lapse_call_outs": ("*/5 * * * *", handlers.lapse_call_outs),
    "tell_due_orders": ("*/5 * * * *", handlers.tell_due_orders),
    "digest_stuck": ("0 0 * * *", handlers.digest_stuck),  # at eight in the morning in Shanghai
    "end_loans": ("*/5 * * * *", handlers.end_loans),
    "tend_lending": ("17 * * * *", handlers.tend_lending),
    "hold_forgotten": ("*/5 * * * *", content_sweeps.hold_forgotten),
    "check_again": ("*/2 * * * *", content_sweeps.check_again),
    "patrol": ("43 16 * * *", content_sweeps.patrol),  # at 00:43 in Shanghai
    "seal_ledger": ("* * * * *", handlers.seal_ledger),
    "seal_late": ("29 * * * *", handlers.seal_late),
    "reconcile": ("41 19 * * *", handlers.reconcile),
    "read_complaints": ("37 * * * *", handlers.read_complaints),
    "read_tasks": ("47 * * * *", handlers.read_tasks),
    "clear_imports": ("*/10 * * * *", handlers.clear_imports),
    "take_pushes": ("* * * * *", wechat_sweeps.take_pushes),
    "end_leavings": ("*/5 * * * *", wechat_sweeps.end_leavings),
    "forget_pushes": ("33 3 * * *", wechat_sweeps.forget_pushes),
    "forget_rings": ("43 3 * * *", wechat_sweeps.forget_rings),
    "tend_media_checks": ("*/5 * * * *", media_sweeps.tend_media_checks),
    "remove_unused_pictures": ("27 * * * *", media_sweeps.remove_unused_pictures),
    "remove_rejected_pictures": ("57 * * * *", media_sweeps.remove_rejected_pictures),
    "delete_stray_files": ("33 18 * * *", media_sweeps.delete_stray_files),
    "forget_keys": ("23 3 * * *", handlers.forget_keys),
    "forget_jobs": ("53 3 * * *", handlers.forget_jobs),
    # At 00:20 in Shanghai, and hourly after for a worker that was down.
    "publish_rates": ("20 * * * *", handlers.publish_rates),
    # In the morning of the first in Shanghai, and again on the next two for a worker that was down.
    "draft_settlements": ("15 0 1-3 * *", handlers.draft_settlements),
}
"""What runs on a schedule (cron, UTC), in one worker at a time."""

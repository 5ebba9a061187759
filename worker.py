"""Celery's entry point (`celery -A worker worker`, `celery -A worker beat`) and the timetable."""

from app import assemble
from kernel import jobs, settings

# line of the timetable -> (job, seconds between two runs)
TIMETABLE = {
    "remind of limits": ("cases.remind", 60.0),
    "count past days": ("cases.count_days", 900.0),
    "resume what was put off": ("cases.resume", 300.0),
    "sweep": ("wechat.sweep", 5.0),
    "sweep what other systems are owed": ("exchange.sweep", 10.0),
    "ask the other platform": ("exchange.ask", 300.0),
    "forget what other systems were told": ("exchange.forget", 3600.0),
    "forget old words": ("wechat.forget", 3600.0),
    "look at the account": ("wechat.check_account", 21600.0),
    "forget old audit lines": ("accounts.forget", 3600.0),
    "clear the queue": ("kernel.clear_queue", 600.0),
    "fetch live parking": ("convenience.pull_feeds", 10.0),
    "forget what was shown": ("convenience.forget_shown", 300.0),
    "work on lists": ("convenience.work_imports", 10.0),
    "seal the ledger": ("points.seal", 10.0),
    "end what nobody picked up": ("points.lapse_redemptions", 300.0),
    "order phone credit": ("points.recharge", 30.0),
    "expire points": ("points.expire", 3600.0),
    "print what was left": ("qr.sweep_prints", 30.0),
    "weigh the use of signs": ("qr.weigh_usage", 3600.0),
    "forget old scans": ("qr.forget_scans", 86400.0),
    "check the books where asked": ("points.check_books", 15.0),
    "close the day": ("points.close_day", 3600.0),
}

assemble(settings.current())
celery_app = jobs.connect(settings.current().broker, timetable=TIMETABLE)
jobs.wait_for_queue()

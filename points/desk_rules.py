"""The award rules: versions with their dates, a form for the next, a preview on last month."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from accounts.access import staff_only
from kernel import clock
from kernel.database import transaction
from kernel.errors import Refusal
from kernel.web import status_of

from . import award_rules, awards, ports
from .award_rules import WITHHELD_WORDS, AwardRules, Preview
from .desk_shell import OPERATORS, READERS, desk, done
from .errors import BadRules
from .forms import begin_of, day, figure

SOURCE_WORDS = {
    "wechat": "微信",
    "page": "网页",
    "sign": "扫标牌",
    "open311": "其他系统",
    "patrol": "巡查",
    "video": "视频",
    "hotline": "热线",
    "sensor": "感知设备",
}
_MOST_CLASSES = 400


@desk.get("/rules")
@staff_only(*READERS)
def rules() -> str:
    """Show the versions, and a form that begins with the rules of today."""
    return _page()


@desk.post("/rules")
@staff_only(*OPERATORS)
def change_rules() -> AnyResponse | str | tuple[str, int]:
    """Preview rules on last month's reports, or make them the next version."""
    try:
        made = _read(request.form)
        if request.form.get("act") != "save":
            return _page(preview=_previews(made))
        begins = day(request.form.get("valid_from", ""))
        if begins is None:
            raise BadRules("请填写从哪一天开始。")
        with transaction() as session:
            awards.change_rules(session, made, valid_from=begin_of(begins), staff_id=g.staff.id)
    except Refusal as refusal:
        return _page(refusal=refusal), status_of(refusal)
    done(f"新规则已保存，{begins} 零点起生效。")
    return redirect(url_for(".rules"), 303)


def _page(*, refusal: Refusal | None = None, preview: tuple[Preview, Preview] | None = None) -> str:
    with transaction() as session:
        versions = awards.rule_versions(session)
        now = awards.rules_at(session, clock.now())
    is_typed = request.method == "POST"
    return render_template(
        "points/desk_rules.html",
        versions=versions,
        current=now.version,
        typed=request.form if is_typed else _as_typed(now.rules),
        excluded=request.form.getlist("excluded") if is_typed else now.rules.excluded_sources,
        sources=SOURCE_WORDS,
        withheld_words=WITHHELD_WORDS,
        preview=preview,
        month=_last_month()[0],
        tomorrow=clock.city_day(clock.now()) + timedelta(days=1),
        points_text=points_text,
        refusal=refusal,
    )


def points_text(points: Mapping[str, int]) -> str:
    """Write points by class as the form shows them: one line each, 其他 is the rest."""
    lines = [f"{code} {number}" for code, number in sorted(points.items()) if code]
    return "\n".join([*lines, f"其他 {points['']}"])


def _as_typed(rules: AwardRules) -> dict[str, str]:
    return {
        "points": points_text(rules.points),
        "follower_points": str(rules.follower_points),
        "daily_cap": str(rules.daily_cap),
        "monthly_cap": str(rules.monthly_cap),
        "interval_minutes": str(rules.interval_minutes),
        "kept_months": str(rules.kept_months),
    }


def _read(posted: Mapping[str, str]) -> AwardRules:
    """Read the form; raise BadRules or BadNumber."""
    excluded = request.form.getlist("excluded")
    if not set(excluded) <= set(SOURCE_WORDS):
        raise BadRules
    return AwardRules(
        points=_points(posted.get("points", "")),
        follower_points=figure(posted, "follower_points", most=100_000),
        daily_cap=figure(posted, "daily_cap", most=100_000),
        monthly_cap=figure(posted, "monthly_cap", most=100_000),
        interval_minutes=figure(posted, "interval_minutes", most=100_000),
        kept_months=figure(posted, "kept_months", most=120),
        excluded_sources=tuple(sorted(excluded)),
    )


def _points(typed: str) -> dict[str, int]:
    lines = [line.split() for line in typed.splitlines() if line.strip()]
    found: dict[str, int] = {}
    for words in lines[: _MOST_CLASSES + 1]:
        if len(words) != 2 or not (words[1].isascii() and words[1].isdecimal()):
            raise BadRules("每行写一个类别和分数，中间空一格，比如：C01 5")
        code = "" if words[0] == "其他" else words[0].upper()
        is_code = code[:1] in {"", "C", "E"} and (not code[1:] or code[1:].isascii())
        if code in found or len(code) > 5 or len(words[1]) > 6 or not is_code:
            raise BadRules("类别写法不对或重复：用 C 或 E 开头的编码，或者「其他」。")
        found[code] = int(words[1])
    if len(lines) > _MOST_CLASSES:
        raise BadRules
    return found


def _last_month() -> tuple[date, date]:
    first = clock.city_day(clock.now()).replace(day=1)
    return (first - timedelta(days=1)).replace(day=1), first


def _previews(made: AwardRules) -> tuple[Preview, Preview]:
    """Return what last month would have earned under today's rules and under these."""
    begins, ends = (_instant(each) for each in _last_month())
    with transaction() as session:
        reports = ports.connected().reports.filed(session, begins, ends)
        now = awards.rules_at(session, clock.now()).rules
    return award_rules.preview(now, reports), award_rules.preview(made, reports)


def _instant(value: date) -> datetime:
    return begin_of(value)

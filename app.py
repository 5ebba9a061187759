"""Composition root: connects the parts, and nothing imports it but the servers and tests."""

from collections.abc import Sequence
from datetime import datetime

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session

import accounts.cli
import accounts.keys
import accounts.tasks  # its jobs register themselves
import cases
import cases.board
import cases.casework
import cases.cli
import cases.desk
import cases.desk_duties
import cases.desk_rules
import cases.district
import cases.tasks  # its jobs register themselves
import cases.views
import connections
import console.log
import console.me
import console.overview
import console.staff
import console.territory
import console.views
import convenience
import convenience.api
import convenience.cli
import convenience.corrections_desk
import convenience.desk
import convenience.feeds_desk
import convenience.following
import convenience.import_desk
import convenience.postgis
import convenience.shortcut
import convenience.tasks
import convenience.views
import exchange.api
import exchange.cli
import exchange.desk
import exchange.tasks  # its jobs register themselves
import exchange.views
import overviews
import points
import points.api
import points.cli
import points.desk
import points.papers
import points.views
import portal.me
import portal.ports
import portal.reporting
import portal.views
import qr
import qr.cli
import qr.desk
import qr.desk_print
import qr.desk_upkeep  # its pages join the desk's
import qr.shortcut
import qr.tasks  # its jobs register themselves
import qr.views
import reactions
import territory.cli
import wechat
import wechat.api
import wechat.cli
import wechat.desk
import wechat.shortcut
import wechat.tasks  # its jobs register themselves
import wechat.views
from accounts import Role
from console.menu import Entry, menu_for
from kernel import blobs, bus, clock, database, jobs, languages, logs, settings, web
from kernel.settings import Settings
from kernel.shortcut import Shortcut

# The desk's main menu, in the order of daily use.
DESK_MENU = (
    Entry("cases_desk.worklist", "案件"),
    Entry("console_overview.show", "通览", frozenset(console.overview.ON_DUTY)),
    Entry("wechat_desk.show", "通知", frozenset({Role.SUPERVISOR})),
    Entry("points_desk.queue", "积分", frozenset(points.desk.READERS)),
    Entry("points_desk.counter", "核销", frozenset(points.desk.COUNTER)),
    Entry("signs_desk.register", "标牌", frozenset(qr.desk.EDITORS)),
    Entry("cases_board.show_board", "看板"),
    Entry("cases_board.show_map", "地图"),
    Entry(
        "cases_board.show_figures",
        "指标",
        frozenset(
            {
                Role.SHIFT_LEADER,
                Role.SUPERVISOR,
                Role.ACCEPTOR,
                Role.DISPATCHER,
                Role.AUDITOR,
                Role.BODY_STAFF,
            }
        ),
    ),
    Entry(
        "district.showcase",
        "公开",
        frozenset({Role.SUPERVISOR, Role.SHIFT_LEADER}),
    ),
    Entry(
        "cases_board.show_refusals",
        "不予受理",
        frozenset({Role.SUPERVISOR, Role.SHIFT_LEADER, Role.AUDITOR}),
    ),
    Entry("cases_rules.show_live", "规则", frozenset(cases.desk_rules.READERS)),
    Entry("cases_duties.show", "清单", frozenset(cases.desk_duties.READERS)),
    Entry("territory_desk.show", "地域", frozenset(console.territory.READERS)),
    Entry("convenience_desk.worklist", "设施", frozenset({Role.DATA_EDITOR, Role.ACCEPTOR})),
    Entry("exchange_desk.list_messages", "外部系统", frozenset({Role.SUPERVISOR})),
    Entry("console.staff_list", "人员", frozenset({Role.ADMINISTRATOR})),
    Entry("console.audit_log", "审计", frozenset({Role.AUDITOR})),
)


# Who keeps something of residents, for /me. What is in the ledger stays.
HOLDERS = (
    portal.ports.Holder("cases", cases.personal.kept_of, cases.personal.erase),
    portal.ports.Holder("points", points.personal.kept_of),
    portal.ports.Holder("facilities", convenience.personal.kept_of),
    portal.ports.Holder("chat", wechat.kept_of, wechat.erase),
)


class CaseReports:
    """What points ask about reports (`points.ports.Reports`), answered by the cases."""

    def reporter(self, session: Session, report_no: str) -> tuple[int, int | None] | None:
        return cases.reporter_of(session, report_no)

    def filed(
        self, session: Session, begins: datetime, ends: datetime
    ) -> Sequence[points.PastReport]:
        return [
            points.PastReport(
                citizen_id=filed.citizen_id,
                case_class=filed.class_code,
                source=filed.source,
                is_first=True,
                reported_at=filed.reported_at,
                filed_on=clock.city_day(filed.filed_at),
            )
            for filed in cases.filed_between(session, begins, ends)
            if filed.citizen_id is not None
        ]


def assemble(chosen: Settings) -> None:
    """Connect this process to what is outside: database, broker, blobs, platform."""
    logs.connect(chosen.log_level)
    database.connect(chosen.database_url)
    jobs.connect(chosen.broker)
    blobs.connect(blobs.LocalBlobs(chosen.blob_dir))
    bus.connect(
        reactions.subscriptions(
            chosen.public_url,
            chosen.report_prefix,
            gateway_from=chosen.gateway_from if chosen.gateway else None,
        )
    )
    wechat.client.connect(chosen)
    connections.connect(chosen)
    overviews.connect()
    if chosen.nearest_engine == "postgis":
        convenience.following.use(convenience.postgis.Postgis())
    accounts.keys.connect(chosen.secret_key.get_secret_value())
    points.provider.connect(
        points.provider.HttpProvider(chosen.credit_url, chosen.credit_secret.get_secret_value())
        if chosen.credit_url
        else None
    )
    points.keys.connect(chosen.secret_key.get_secret_value(), chosen.seal_keys_by_number)
    # A fault in a file of words is found now, not by a resident.
    wechat.vocabulary.connect(chosen.vocabulary_file)
    cases.suggesting.connect(chosen.class_words_file)
    portal.ports.connect(HOLDERS)
    points.ports.connect(points.ports.Ports(CaseReports(), lambda sent: cases.prepare(sent).jpeg))


def create_app(chosen: Settings | None = None) -> Flask:
    """Make the web application; without settings, by the environment."""
    chosen = chosen or settings.current()
    assemble(chosen)
    app = Flask(__name__, static_folder="static")
    app.config.update(
        SECRET_KEY=chosen.secret_key.get_secret_value(),
        SESSION_COOKIE_SECURE=chosen.cookie_secure,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME=web.cookie_name("bx_form", chosen.public_url),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer; the token decides
    )
    csrf = CSRFProtect()
    door = app.extensions["baixing_wechat"] = wechat.views.install(chosen, csrf)
    app.wsgi_app = Shortcut(  # type: ignore[method-assign]  # as Flask documents it
        app.wsgi_app,
        {
            ("POST", wechat.shortcut.PATH): wechat.shortcut.Delivery(door),
            ("GET", qr.shortcut.BEGINNING): qr.shortcut.page_at_hand,
            ("GET", convenience.shortcut.PATH): convenience.shortcut.Nearest(chosen.district_name),
        },
    )
    web.install(
        app,
        chosen,
        figures=[wechat.views.figures, points.alarms.figures, qr.desk.figures],
    )
    languages.install(
        app,
        chosen,
        only_source=("/console/", "/api/", "/open311/", "/wechat/"),
        cookieless=("/s/",),
    )
    csrf.init_app(app)
    for blueprint in (
        wechat.views.blueprint,
        wechat.api.blueprint,
        wechat.desk.blueprint,
        cases.views.blueprint,
        cases.desk.desk,
        cases.casework.casework,
        cases.board.board,
        cases.district.district,
        cases.desk_rules.desk,
        cases.desk_duties.desk,
        convenience.views.blueprint,
        convenience.api.blueprint,
        points.views.blueprint,
        points.api.blueprint,
        points.papers.blueprint,
        points.desk.desk,
        convenience.desk.desk,
        convenience.import_desk.desk,
        convenience.corrections_desk.desk,
        convenience.feeds_desk.desk,
        console.views.blueprint,
        console.territory.blueprint,
        console.overview.blueprint,
        exchange.views.blueprint,
        exchange.api.blueprint,
        exchange.desk.desk,
        portal.views.blueprint,
        portal.reporting.blueprint,
        portal.me.blueprint,
        qr.views.blueprint,
        qr.desk.desk,
    ):
        app.register_blueprint(blueprint)
    for endpoint in (
        "cases.speak",
        "convenience.report_wrong",
        "convenience.rate",
        "convenience_api.push_spaces",
        "points_api.hear",
        "signs.file_report",
        "signs.file_plate",
        "reporting.take",
    ):
        # No cookie speaks for anybody there; the views look at where the form came from.
        csrf.exempt(app.view_functions[endpoint])
    csrf.exempt(exchange.api.blueprint)
    csrf.exempt(exchange.views.blueprint)  # programs with keys, no browser's cookie
    app.jinja_env.globals["qr_svg"] = qr.svg
    app.jinja_env.globals["desk_menu"] = menu_for(DESK_MENU)
    for group in (
        accounts.cli.commands,
        cases.cli.commands,
        convenience.cli.commands,
        exchange.cli.commands,
        exchange.cli.hooks,
        points.cli.commands,
        qr.cli.commands,
        territory.cli.commands,
        territory.cli.territory_commands,
        wechat.cli.commands,
    ):
        app.cli.add_command(group)
    return app

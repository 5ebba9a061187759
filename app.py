"""Composition root: connects the parts, and nothing imports it but the servers and tests."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

import accounts.cli
import accounts.keys
import accounts.tasks  # its jobs register themselves
import cases.desk
import cases.views
import console.log
import console.me
import console.staff
import console.views
import convenience.api
import convenience.cli
import convenience.corrections_desk
import convenience.desk
import convenience.import_desk
import convenience.shortcut
import convenience.views
import points
import points.cli
import portal.views
import qr
import reactions
import territory.cli
import wechat.cli
import wechat.tasks  # its jobs register themselves
import wechat.views
from accounts import Role
from console.menu import Entry, menu_for
from kernel import blobs, bus, database, jobs, logs, settings, web
from kernel.settings import Settings

# The desk's main menu, in the order of daily use.
DESK_MENU = (
    Entry("cases_desk.worklist", "案件"),
    Entry("convenience_desk.worklist", "设施", frozenset({Role.DATA_EDITOR, Role.ACCEPTOR})),
    Entry("console.staff_list", "人员", frozenset({Role.ADMINISTRATOR})),
    Entry("console.audit_log", "审计", frozenset({Role.AUDITOR})),
)


def assemble(chosen: Settings) -> None:
    """Connect this process to what is outside: database, broker, blobs, platform."""
    logs.connect(chosen.log_level)
    database.connect(chosen.database_url)
    jobs.connect(chosen.broker)
    blobs.connect(blobs.LocalBlobs(chosen.blob_dir))
    bus.connect(reactions.subscriptions(chosen.public_url, chosen.report_prefix))
    wechat.client.connect(chosen)
    accounts.keys.connect(chosen.secret_key.get_secret_value())
    points.keys.connect(chosen.secret_key.get_secret_value())
    wechat.vocabulary.standard()  # a fault in the file is found now, not by a resident


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
    app.wsgi_app = convenience.shortcut.Shortcut(app.wsgi_app, chosen.district_name)  # type: ignore[method-assign]
    web.install(app, chosen, figures=[wechat.views.figures])
    csrf = CSRFProtect(app)
    app.extensions["baixing_wechat"] = wechat.views.install(chosen, csrf)
    for blueprint in (
        wechat.views.blueprint,
        cases.views.blueprint,
        cases.desk.desk,
        convenience.views.blueprint,
        convenience.api.blueprint,
        convenience.desk.desk,
        convenience.import_desk.desk,
        convenience.corrections_desk.desk,
        console.views.blueprint,
        portal.views.blueprint,
    ):
        app.register_blueprint(blueprint)
    for endpoint in (
        "convenience.report_wrong",
        "convenience.rate",
        "convenience_api.push_spaces",
    ):
        # No cookie speaks for anybody there; the views look at where the form came from.
        csrf.exempt(app.view_functions[endpoint])
    app.jinja_env.globals["qr_svg"] = qr.svg
    app.jinja_env.globals["desk_menu"] = menu_for(DESK_MENU)
    for group in (
        accounts.cli.commands,
        convenience.cli.commands,
        points.cli.commands,
        territory.cli.commands,
        wechat.cli.commands,
    ):
        app.cli.add_command(group)
    return app

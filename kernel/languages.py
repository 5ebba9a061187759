"""Which language a page speaks, and the catalogues.

A resident's choice comes first (`?lang=en`, kept in a cookie that holds nothing else), then what
the browser says it prefers; Chinese is what everybody else gets, and the only language of the desk,
of programs' interfaces and of the chat.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, has_request_context, request
from flask_babel import Babel, Domain

from . import clock
from .settings import Settings
from .web import cookie_name
from .words import day, day_of_year, gettext, said

FOLDER = Path(__file__).parents[1] / "translations"
# By their names in addresses, what they call themselves, and by their names in HTML.
LANGUAGES = {"zh": "中文", "en": "English"}
TAGS = {"zh": "zh-CN", "en": "en"}
SOURCE = "zh"
COOKIE, COOKIE_DAYS = "bx_lang", 365
_KEY = "baixing.language"


def install(
    app: Flask, settings: Settings, *, only_source: Collection[str], cookieless: Collection[str]
) -> None:
    """Let pages speak the languages.

    Addresses that begin with one of `only_source` speak Chinese alone. Those that begin with one
    of `cookieless` read and set no cookie: there the address alone chooses, and their links
    carry the choice on.
    """
    babel = Babel(app)
    babel.domain_instance = _Catalogues()
    app.extensions["baixing_languages"] = _Rules(
        tuple(only_source),
        tuple(cookieless),
        cookie_name(COOKIE, settings.public_url),
        settings.cookie_secure,
    )
    app.after_request(_keep_choice)
    app.url_defaults(_carry_choice)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters.update(said=said, capitalised=capitalised)
    app.jinja_env.globals.update(language_tag=tag, other_languages=others)


def language() -> str:
    """Return the language of the request at hand; Chinese where there is none."""
    if not has_request_context():
        return SOURCE
    environ = request.environ
    if _KEY not in environ:
        environ[_KEY] = _choose()
    found: str = environ[_KEY]
    return found


def tag() -> str:
    """Return the language as HTML names it."""
    return TAGS[language()]


def others(*, keeps_query: bool = True) -> list[tuple[str, str, str]]:
    """Return the other languages: what each calls itself, its HTML name, this page's address in it."""
    here, asked = "/", {}
    if request.url_rule is not None and request.method == "GET":
        here = quote(request.path)
        asked = request.args.to_dict(flat=False) if keeps_query else {}
    return [
        (called, TAGS[name], f"{here}?{urlencode({**asked, 'lang': name}, doseq=True)}")
        for name, called in LANGUAGES.items()
        if name != language()
    ]


def spoken(instant: datetime) -> str:
    """Say an instant as people do, in the language of the page."""
    if language() == SOURCE:
        return clock.spoken(instant)
    then, today = clock.in_city(instant), clock.city_day(clock.now())
    days = (today - then.date()).days
    if days in (0, 1):
        when = gettext("今天") if days == 0 else gettext("昨天")
    else:
        when = day_of_year(then) if then.year == today.year else day(then)
    return f"{when} {then:%H:%M}"


def moment(instant: datetime) -> str:
    """Say an instant of these months: 12月6日 18:00, 6 December 18:00."""
    then = clock.in_city(instant)
    return f"{day_of_year(then)} {then:%H:%M}"


def capitalised(words: str) -> str:
    """Return words as they begin a line; Chinese ones begin as they are."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class _Rules:
    only_source: tuple[str, ...]  # beginnings of addresses, each with the stroke at its end
    cookieless: tuple[str, ...]
    cookie: str
    is_secure: bool


def _rules() -> _Rules:
    found: _Rules = current_app.extensions["baixing_languages"]
    return found


def _is_under(beginnings: tuple[str, ...]) -> bool:
    return f"{request.path}/".startswith(beginnings)


def _choose() -> str:
    rules = _rules()
    if _is_under(rules.only_source):
        return SOURCE
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    if _is_under(rules.cookieless):
        return SOURCE
    kept = request.cookies.get(rules.cookie, "")
    if kept in LANGUAGES:
        return kept
    return request.accept_languages.best_match(LANGUAGES, SOURCE)


def _is_asked() -> bool:
    """Tell whether the address itself chose the language."""
    return request.args.get("lang") == language() and not _is_under(_rules().only_source)


def _keep_choice(answer: Response) -> Response:
    rules = _rules()
    if _is_asked() and not _is_under(rules.cookieless):
        answer.set_cookie(
            rules.cookie,
            language(),
            max_age=COOKIE_DAYS * 86400,
            secure=rules.is_secure,
            httponly=True,
            samesite="Lax",
        )
    return answer


def _carry_choice(endpoint: str, values: dict[str, object]) -> None:
    """Carry on what an address chose, where no cookie does."""
    if endpoint == "static" or not has_request_context():
        return
    if _is_asked() and _is_under(_rules().cookieless):
        values.setdefault("lang", language())


class _Catalogues(Domain):  # type: ignore[misc]  # the library has no types
    """Reads the catalogues as they are written: nothing is compiled beforehand, or forgotten."""

    def get_translations(self) -> NullTranslations:
        return _catalogue(language())


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(name: str) -> NullTranslations:
    if name == SOURCE:
        return NullTranslations()
    with (FOLDER / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=name, abort_invalid=True)
    packed = BytesIO()
    write_mo(packed, catalogue)
    packed.seek(0)
    return Translations(packed)

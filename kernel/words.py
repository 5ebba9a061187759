"""What residents read, in their language: Chinese is the source, translations/ holds the rest.

Plain where nobody asks (jobs, the chat, commands): there every text stays as it is written.
`kernel.languages` decides for a request.
"""

from datetime import date

import flask_babel

from .errors import Refusal

__all__ = ["day", "day_of_year", "gettext", "later", "ngettext", "said"]


def gettext(text: str, /, **values: object) -> str:
    """Translate a literal text, with `%(name)s` where the values go."""
    found: str = flask_babel.gettext(text, **values)  # the package brings no types
    return found


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Translate a text that says how many; `%(num)s` is the number."""
    found: str = flask_babel.ngettext(one, many, number, **values)
    return found


def later(text: str) -> str:
    """Mark a text of a table or a rule for the catalogue; `said` translates it where it is shown."""
    return text


def said(words: str | Refusal | None) -> str:
    """Translate a text that is no literal: a refusal, an entry of a table, a kind of place.

    What the catalogue does not have is somebody's own words, and stays as it is.
    """
    if isinstance(words, Refusal):
        template = gettext(words.template)
        return template % words.values if words.values else template
    return gettext(words) if words else ""


def day_of_year(on: date) -> str:
    """Say a day of this year: 12月6日, 6 December."""
    said_so: str = gettext("%(month)s%(day)s日", month=said(_MONTHS[on.month - 1]), day=on.day)
    return said_so


def day(on: date) -> str:
    """Say a day: 2026年12月6日, 6 December 2026."""
    month = said(_MONTHS[on.month - 1])
    said_so: str = gettext("%(year)s年%(month)s%(day)s日", year=on.year, month=month, day=on.day)
    return said_so


_MONTHS = (
    later("1月"),
    later("2月"),
    later("3月"),
    later("4月"),
    later("5月"),
    later("6月"),
    later("7月"),
    later("8月"),
    later("9月"),
    later("10月"),
    later("11月"),
    later("12月"),
)

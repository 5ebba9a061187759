"""What residents read, in their language: Chinese is the source, translations/ holds the rest.

Plain where nobody asks (jobs, the chat, commands): there every text stays as it is written.
`kernel.languages` decides for a request.
"""

from datetime import date

from flask_babel import gettext, ngettext

from .errors import Refusal

__all__ = ["day", "day_of_year", "gettext", "later", "ngettext", "said"]


def later(text: str) -> str:
    """Mark a text of a table or a rule for the catalogue; `said` translates it where it is shown."""
    return text


def said(words: str | Refusal | None) -> str:
    """Translate a text that is no literal: a refusal, an entry of a table, a kind of place.

    What the catalogue does not have is somebody's own words, and stays as it is.
    """
    if isinstance(words, Refusal):
        template: str = gettext(words.template)
        return template % words.values if words.values else template
    found: str = gettext(words) if words else ""
    return found


def day_of_year(on: date) -> str:
    """Say a day of this year: 12月6日, 6 December."""
    return gettext("%(month)s%(day)s日", month=said(_MONTHS[on.month - 1]), day=on.day)


def day(on: date) -> str:
    """Say a day: 2026年12月6日, 6 December 2026."""
    month = said(_MONTHS[on.month - 1])
    return gettext("%(year)s年%(month)s%(day)s日", year=on.year, month=month, day=on.day)


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

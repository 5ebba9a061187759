"""What residents read, in their language: Chinese is the source, translations/ holds the rest.

Plain where nobody asks (jobs, the chat, commands): there every text stays as it is written.
`kernel.languages` decides for a request.
"""

from flask_babel import gettext, ngettext

from .errors import Refusal

__all__ = ["gettext", "later", "ngettext", "said"]


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

"""Brings the catalogues in translations/ up to date with what residents read: `make words`.

Collected are the marked texts of templates (`{{ _('…') }}`, `{% trans %}`) and of Python (`gettext`,
`ngettext`, `later`), and every sentence of a refusal. New ones come in without a translation and are
named at the end; what nobody says any more goes out.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from kernel.errors import Refusal

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("portal", "cases", "points", "convenience", "qr", "wechat", "accounts", "kernel")
LANGUAGES = ("en",)
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "later": None,
}


def path_of(language: str) -> Path:
    """Return where a language's catalogue stands."""
    return ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return a language's catalogue as it is."""
    if not path_of(language).exists():
        return Catalog(locale=language)
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def collected() -> Catalog:
    """Return all that residents may read, from the sources as they are."""
    found = Catalog()
    for package in PACKAGES:
        for name, _, message, _, context in extract_from_dir(
            ROOT / package, _METHODS, _OPTIONS, _KEYWORDS, strip_comment_tags=True
        ):
            found.add(message, context=context, locations=[(f"{package}/{name}", 0)])
    for refusal in _refusals(Refusal):
        found.add(refusal.sentence, locations=[(refusal.__module__.replace(".", "/") + ".py", 0)])
    return found


def _refusals(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    import_module("app")  # by it all packages are loaded, with all their refusals
    if kind.__module__.split(".")[0] in PACKAGES:
        yield kind
    for each in kind.__subclasses__():
        yield from _refusals(each)


def updated(language: str) -> Catalog:
    """Return the catalogue as it must be: what is said now, with the translations there are."""
    kept, fresh = read(language), Catalog(locale=language, charset="utf-8")
    for message in collected():
        if not message.id:
            continue
        known = kept.get(message.id, message.context)
        fresh.add(
            message.id,
            known.string if known else None,
            locations=sorted(set(message.locations)),
            context=message.context,
        )
    return fresh


def write(language: str, catalogue: Catalog) -> None:
    """Write it in the sources' order, without dates or lines: two branches' changes stay apart."""
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(
            b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
            b'"Content-Transfer-Encoding: 8bit\\n"\n'
            + f'"Language: {language}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'.encode()
        )
        write_po(
            file, catalogue, width=0, omit_header=True, include_lineno=False, sort_by_file=True
        )


def untranslated(catalogue: Catalog) -> list[str]:
    """Return what has no translation yet, or only part of one."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id
        and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def main() -> int:
    missing = 0
    for language in LANGUAGES:
        catalogue = updated(language)
        write(language, catalogue)
        for text in untranslated(catalogue):
            print(f"{language}: {text}")
            missing += 1
    print(f"还有 {missing} 条没有译文。" if missing else "目录齐全。")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""What residents might say, with the class that is meant: the suggester may not learn from it."""

from pathlib import Path


def unseen() -> list[tuple[str, str]]:
    """Return (code, sentence) for each of `unseen.txt`."""
    return _of("unseen.txt")


def strangers() -> list[tuple[str, str]]:
    """Return the same of `strangers.txt`, by which nothing was ever tuned."""
    return _of("strangers.txt")


def _of(name: str) -> list[tuple[str, str]]:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    told = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return [(code, sentence) for code, said in told for sentence in said.split("/")]

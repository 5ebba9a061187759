"""The nearest of a million. The rare questions first: making the others ready takes minutes."""

from . import nearest
from .town import QUESTIONS

_BY_SIZE = (5, 3, 2, 4, 6, 1, 0)


def run(*, is_quick: bool) -> None:
    questions = [QUESTIONS[at] for at in (_BY_SIZE[:2] if is_quick else _BY_SIZE)]
    nearest.ask_all(1_000_000, questions, rounds=2 if is_quick else 5)

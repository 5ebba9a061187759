"""How often the right class of 190 is among the suggested: ours, and scikit-learn's usual ways.

All learn from `cases/class_words.toml` and are asked the sentences of `tests/cases/said`, which nobody
may learn from; all were written for this project by the same hand, `strangers.txt` after the words were
finished, without looking into them. The last table leaves a quarter
of the examples out in turn and every listed word with them: how well sentences alone teach.
"""

import re
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from cases import suggesting
from tests.cases.said import strangers, unseen

SHIPPED = Path(suggesting.__file__).with_name("class_words.toml")
GOAL = 0.85

Labelled = Sequence[tuple[str, str]]
Way = Callable[[str], Sequence[str]]


def run(*, is_quick: bool) -> None:
    tables = tomllib.loads(SHIPPED.read_text("utf-8"))
    taught = [
        (code, said)
        for code, lists in tables.items()
        for said in (*lists["words"], *lists["examples"])
    ]
    asked = unseen()
    print(
        f"   {len(asked)} sentences never seen, {len({code for code, _ in asked})} classes;"
        f" {sum(len(one['examples']) for one in tables.values())} examples and"
        f" {sum(len(one['words']) for one in tables.values())} words to learn from\n"
    )
    start = time.perf_counter()
    ours = suggesting.load([SHIPPED])
    loaded_ms = (time.perf_counter() - start) * 1000
    _tell("ours", lambda said: ours.codes(said, 3), asked)
    usual = {} if is_quick else _usual()
    if not is_quick:
        for name, made in usual.items():
            made.fit([said for _, said in taught], [code for code, _ in taught])
            _tell(name, _three(made), asked)
    print(f"   loaded in {loaded_ms:.0f} ms; goal: top three {GOAL:.0%}\n")
    _by_styles(lambda said: ours.codes(said, 3), asked)
    others = strangers()
    print(
        f"\n   {len(others)} sentences in other styles, by which nothing was tuned,"
        f" {len({code for code, _ in others})} classes\n"
    )
    _tell("ours", lambda said: ours.codes(said, 3), others)
    if not is_quick:
        for name, made in usual.items():
            _tell(name, _three(made), others)
        print()
        _left_out(tables)


def _usual() -> Mapping[str, Pipeline]:
    def grams() -> TfidfVectorizer:
        return TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)

    return {
        "logistic regression on 1-3 characters": make_pipeline(
            grams(), LogisticRegression(C=50, max_iter=300)
        ),
        "naive Bayes on 1-3 characters": make_pipeline(grams(), MultinomialNB(alpha=0.02)),
    }


def _three(made: Pipeline) -> Way:
    def way(said: str) -> Sequence[str]:
        sure = made.predict_proba([said])[0]
        return [str(made.classes_[row]) for row in np.argsort(-sure)[:3]]

    return way


def _tell(name: str, way: Way, asked: Labelled) -> None:
    start = time.perf_counter()
    told = [(code, way(said)) for code, said in asked]
    each_ms = (time.perf_counter() - start) * 1000 / len(asked)
    print(f"   {name:<40}{_rates(told)}   {each_ms:6.2f} ms a sentence")


def _rates(told: Sequence[tuple[str, Sequence[str]]]) -> str:
    first = sum(code in three[:1] for code, three in told) / len(told)
    among = sum(code in three for code, three in told) / len(told)
    return f"top 1 {first:6.1%}   top 3 {among:6.1%}"


_DIALECT = re.compile(
    "啷|莫得|没得|巴适|堡坎|坝坝|梯坎|遭|打拥堂|敞起|垮|黢|恼火|娃儿|晓得|屋头|里头|高头|甩|嘛|起在|脚杆|脑壳|铺盖|潲水|收荒"
    "|凳凳|亭亭|盖盖|桩桩|牌牌|篦篦|树子|恁"
)
_SHORT = 7  # characters


def _by_styles(way: Way, asked: Labelled) -> None:
    dialect = [one for one in asked if _DIALECT.search(one[1])]
    short = [one for one in asked if len(one[1]) <= _SHORT]
    for name, some in (("with words of the dialect", dialect), ("seven characters or less", short)):
        print(f"   {name + f' ({len(some)})':<40}{_rates([(c, way(said)) for c, said in some])}")


def _left_out(tables: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    told: list[tuple[str, Sequence[str]]] = []
    for part in range(4):
        kept, held = {}, []
        for code, lists in tables.items():
            said = lists["examples"]
            kept[code] = suggesting.Told(
                (), tuple(one for n, one in enumerate(said) if n % 4 != part)
            )
            held += [(code, one) for n, one in enumerate(said) if n % 4 == part]
        learner = suggesting.Suggester(kept)
        told += [(code, learner.codes(one, 3)) for code, one in held]
    print(f"   {'examples alone, a quarter left out':<40}{_rates(told)}")

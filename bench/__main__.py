"""Run the benchmarks that are named, or all but the long ones."""

import argparse
import importlib
import os
import platform
import sys

NAMES = {
    "nearest": "the nearest facilities: ours and the usual ways, of 20 thousand",
    "nearest_million": "the same of a million",
    "builds": "the same ways: time to build, weight, time of a change",
    "imports": "a list of 20 thousand and of a million rows comes in (takes long)",
    "changes": "building, loading, changing: how long, and how much memory",
    "http_nearest": "requests a second of the JSON answer, against a Flask that only says hello",
    "door": "texts a second through the door to the commit, against doors that only echo",
    "classes": "the class of a problem out of its words: how often right on sentences never seen",
    "fuzz": "the door under two minutes of bytes led by coverage (atheris; takes long)",
    "signs": "requests a second of a sign's page with its scans counted, against a Flask that says hello",
    "cases": "the life of a case over HTTP at 0, 300 thousand and a million stored cases",
    "printing": "plates: 2,000 and 10,000 made, read back and released",
    "rig": "plates through a bad camera, read by three independent decoders",
    "ledger": "redemptions a second, against pgbench with the same statements",
    "ledger_http": "redemptions a second over HTTP, by the service layer, and by pgbench",
    "ledger_size": "the same with ten million transfers, and how long reconciling takes",
    "mutations": "each law and lock of the ledger dropped in turn: which test fails",
    "exactness": "100,000 random questions, each compared with measuring all (takes long)",
}
LONG = {"exactness", "imports", "fuzz", "ledger_size", "mutations"}


def main() -> int:
    listed = "\n".join(f"  {name:<12}{what}" for name, what in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=f"benchmarks:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NAMES, []])
    parser.add_argument("--quick", action="store_true", help="small and rough: does it run at all?")
    chosen = parser.parse_args()
    for name in chosen.names or [name for name in NAMES if name not in LONG]:
        print(f"== {name}: {NAMES[name]}")
        print(f"   Python {platform.python_version()}, {os.cpu_count()} cores, load {_load()}\n")
        importlib.import_module(f"bench.{name}").run(is_quick=chosen.quick)
        print(f"\n   load afterwards {_load()}\n")
    return 0


def _load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


if __name__ == "__main__":
    sys.exit(main())

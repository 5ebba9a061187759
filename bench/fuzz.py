"""The door under bytes that coverage leads to its corners, for two minutes; no fault may come of it.

What is fuzzed is everything between the socket and the database: decoding (raw and authentic), parsing,
the conversation and the encoded reply. With the database behind it the same is done by
`tests/wechat/test_callback_fuzz.py`, by examples.
"""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile

SECONDS = int(os.environ.get("FUZZ_SECONDS", "120"))


def run(*, is_quick: bool) -> None:
    if importlib.util.find_spec("atheris") is None:
        print(
            "   atheris is not installed (make fuzz installs it; Linux, Python 3.11 to 3.13): no run"
        )
        return
    seconds = 10 if is_quick else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "bench.fuzz_target", f"-max_total_time={seconds}"]
        words += ["-max_len=700", f"-artifact_prefix={folder}/", "-verbosity=1", "-seed=20261122"]
        told = subprocess.run([*words, folder], check=False, capture_output=True, text=True)
    done = re.findall(r"Done (\d+) runs? in (\d+) second", told.stderr)
    covered = re.findall(r"cov: (\d+)", told.stderr)
    if told.returncode or not done:
        print(told.stderr[-3000:])
        raise SystemExit("   the door was broken: see above")
    runs, took = done[-1]
    print(
        f"   {int(runs):,} inputs in {took} s, {covered[-1] if covered else '?'} edges covered: no fault"
    )

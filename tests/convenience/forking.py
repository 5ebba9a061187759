"""A process that follows the facilities, forks, and lets both follow: run by test_following."""

import os
import sys
import time

from sqlalchemy.orm import Session

import app  # noqa: F401  # all models, as in a server
from convenience.following import Follower
from kernel import database
from tests.convenience.planting import NORTH_GATE, plant


def main() -> int:
    engine = database.connect(os.environ["BAIXING_DATABASE_URL"])
    with database.transaction() as session:
        plant(session)
    follower = Follower(pause_s=0.01)
    say("parent", len(follower.current()))
    child = os.fork()
    if child == 0:
        # What a server does after a fork: connections are one process's own.
        engine.dispose(close=False)
        wait_for_two(follower)
        say("child", len(follower.current()))
        os._exit(0)
    with Session(engine) as session, session.begin():
        plant(session, (NORTH_GATE[0] + 0.01, NORTH_GATE[1]))
    _, status = os.waitpid(child, 0)
    wait_for_two(follower)
    say("parent", len(follower.current()))
    follower.stop()
    return os.waitstatus_to_exitcode(status)


def wait_for_two(follower: Follower) -> None:
    deadline = time.monotonic() + 50  # a crowded machine takes its time
    while len(follower.current()) < 2 and time.monotonic() < deadline:
        time.sleep(0.005)


def say(who: str, count: int) -> None:
    sys.stdout.write(f"{who} {count}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

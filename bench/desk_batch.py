"""A batch from the desk to the street: asked for, made by the job, read back, fetched, and each served.

Signs are registered in a real database; the job runs as a worker runs it, its progress in transactions
of their own. Every address of the released manifest is then opened and must answer with its own place.
"""

import json
import tempfile
import time
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from sqlalchemy.orm import Session

import accounts
from accounts import Role
from app import create_app
from kernel import blobs
from kernel.database import transaction
from kernel.settings import Settings
from local.postgres import temporary_postgres
from qr import keeper, print_jobs, service
from qr.printing import JSON_NAME

from .signs import ROOT, SETTINGS

GOAL_S = 15.0  # two thousand plates, read back
_HOME = "https://q.example.cn"


def run(*, is_quick: bool) -> None:
    count = 100 if is_quick else 2_000
    with temporary_postgres(is_durable=False) as server, tempfile.TemporaryDirectory() as folder:
        server.create_database("bench")
        url = server.url("bench")
        config = Config(toml_file=ROOT / "pyproject.toml")
        config.set_main_option("script_location", str(ROOT / "migrations"))
        config.attributes["url"] = url
        command.upgrade(config, "head")
        app = create_app(
            Settings.model_validate(
                {
                    **{name.lower(): value for name, value in SETTINGS.items()},
                    "database_url": url,
                    "blob_dir": Path(folder),
                }
            )
        )
        with transaction() as session:
            job_id = _asked(session, count)
        start, own = time.perf_counter(), time.process_time()
        print_jobs.carry_out(job_id)
        taken, worked = time.perf_counter() - start, time.process_time() - own
        with transaction() as session:
            key = print_jobs.file_of(session, job_id, JSON_NAME)  # raises when it was refused
        plates = json.loads(blobs.store().get(key))["plates"]
        assert len(plates) == count, len(plates)
        start = time.perf_counter()
        client = app.test_client()
        for plate in plates:
            answer = client.get(urlsplit(plate["url"]).path)
            assert answer.status_code == 200, plate
            assert plate["place_name"] in answer.text, plate
        served = time.perf_counter() - start
        keeper.current().stop()  # its counts are written while there is a database
    print(
        f"   {count:,} plates: made, read back and released in {taken:.1f} s,"
        f" of the processor {worked:.1f} s (goal {GOAL_S:.0f});"
        f" {count:,} printed addresses opened, each its own place, in {served:.1f} s"
    )


def _asked(session: Session, count: int) -> int:
    """Register so many signs, and ask for their plates."""
    random = Random(count)
    staff_id = accounts.create_staff(
        session,
        username="bench",
        name="量一量",
        password=f"{random.getrandbits(96):024x}",
        role=Role.DATA_EDITOR,
    )
    for number in range(count):
        place = service.Place(
            number=f"B-{number:05}",
            name=f"观音桥步行街{number}号",
            latitude=29.57 + random.random() / 50,
            longitude=106.52 + random.random() / 50,
        )
        site_id = service.add_site(session, place, staff_id=staff_id)
        service.plan_plate(session, service.issue_code(session, site_id))
    wish = print_jobs.Wish(
        layout="post", public_url=_HOME, district_name="重庆市江北区", hotline="12319"
    )
    return print_jobs.ask(session, wish, request_key="bench", staff_id=staff_id)

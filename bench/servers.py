"""The usual ways that ask another process: PostgreSQL, PostGIS, Redis.

PostgreSQL comes from the wheel. PostGIS and Redis are Debian's; where they are not installed, they are
left out with a line.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import geohash2
import numpy as np
import psycopg
import redis

from local.postgres import temporary_postgres

from .engines import Ask, Engine, Found, Ids, K, around, haversine
from .town import Floats, Question

T = TypeVar("T")
Connection = psycopg.Connection[tuple[float, ...]]

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=512MB")
_SPARE = 10
_HERE = "ST_Point(%(lng)s, %(lat)s)::geography"


class Postgres:
    """What the ways by PostgreSQL have in common: their newest table is weighed and changed."""

    _UPDATE = b""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = 0
        self._table = ""

    def weight_mb(self) -> float:
        """Return what the table and its indexes take."""
        query = "SELECT pg_total_relation_size(%s)"
        found = self._connection.execute(query, [self._table]).fetchone()
        return found[0] / 1e6 if found else 0.0

    def move(self, number: int, latitude: float, longitude: float) -> None:
        """Put one somewhere else."""
        given = {"id": number, "lat": latitude, "lng": longitude}
        given["geohash"] = geohash2.encode(latitude, longitude, 8)
        self._connection.execute(self._UPDATE % self._table.encode(), given)


class Prefixes(Postgres):
    """A b-tree over geohashes; nine ranges, shorter until there are enough."""

    name = "PostgreSQL b-tree on geohash"
    _UPDATE = (
        b"UPDATE %s SET geohash = %%(geohash)s, lat = %%(lat)s, lng = %%(lng)s WHERE id = %%(id)s"
    )

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        self._table = table = f"prefixes_{self._tables}"
        self._tables += 1
        run = self._connection.execute
        run(
            f'CREATE TABLE {table} (geohash text COLLATE "C", id int8, lat float8, lng float8)'.encode()
        )
        rows = zip(latitudes.tolist(), longitudes.tolist(), ids.tolist(), strict=True)
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy,
        ):
            for lat, lng, number in rows:
                copy.write_row((geohash2.encode(lat, lng, 8), number, lat, lng))
        run(f"CREATE INDEX ON {table} (geohash)".encode())
        run(f"CREATE INDEX ON {table} (id)".encode())
        run(f"ANALYZE {table}".encode())
        ranges = " OR ".join("geohash >= %s AND geohash < %s" for _ in range(9))
        query = f"SELECT id, lat, lng FROM {table} WHERE {ranges}".encode()

        def ask(latitude: float, longitude: float) -> Found:
            geohash = geohash2.encode(latitude, longitude, 8)
            found: list[tuple[float, ...]] = []
            for length in range(8, 0, -1):
                near = around(geohash[:length])
                near += (near[0],) * (9 - len(near))
                edges = [edge for prefix in near for edge in (prefix, prefix + "~")]
                found = run(query, edges, prepare=True).fetchall()
                if len(found) >= K:
                    break
            numbers, lats, lngs = np.array(found).T if found else np.empty((3, 0))
            ways = haversine(latitude, longitude, lats, lngs)
            order = np.argsort(ways)[:K]
            return [
                (int(numbers[row]), float(ways[row]))
                for row in order
                if ways[row] <= question.radius_m
            ]

        return ask


class PostGis(Postgres):
    """`<->` on geography measures on a sphere; as its users write it."""

    name = "PostGIS <-> on geography"
    _UPDATE = b"UPDATE %s SET place = ST_Point(%%(lng)s, %%(lat)s)::geography WHERE id = %%(id)s"

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        self._table = table = f"geography_{type(self).__name__.lower()}_{self._tables}"
        self._tables += 1
        run = self._connection.execute
        run(f"CREATE TABLE {table} (id int8, place geography(Point))".encode())
        rows = zip(latitudes.tolist(), longitudes.tolist(), ids.tolist(), strict=True)
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy,
        ):
            for lat, lng, number in rows:
                copy.write_row((number, f"SRID=4326;POINT({lng!r} {lat!r})"))
        run(f"CREATE INDEX ON {table} USING gist (place)".encode())
        run(f"CREATE INDEX ON {table} (id)".encode())
        run(f"ANALYZE {table}".encode())
        return self._ask(table, question)

    def _ask(self, table: str, question: Question) -> Ask:
        query = f"SELECT id, place <-> {_HERE} FROM {table} ORDER BY place <-> {_HERE} LIMIT {K}"
        return self._asked(query.encode(), question)

    def _asked(self, query: bytes, question: Question) -> Ask:
        run = self._connection.execute

        def ask(latitude: float, longitude: float) -> Found:
            here = {"lng": longitude, "lat": latitude}
            found = run(query, here, prepare=True).fetchall()
            return [(int(number), way) for number, way in found if way <= question.radius_m]

        return ask


class MeasuredPostGis(PostGis):
    """Ten to spare, put in order on the ellipsoid."""

    name = "PostGIS <->, ST_Distance on 20"

    def _ask(self, table: str, question: Question) -> Ask:
        near = f"SELECT id, place FROM {table} ORDER BY place <-> {_HERE} LIMIT {K + _SPARE}"
        query = (
            f"SELECT id, ST_Distance(place, {_HERE}) AS way FROM ({near}) AS near"
            f" ORDER BY way, id LIMIT {K}"
        )
        return self._asked(query.encode(), question)


class RedisGeo:
    """GEOSEARCH wants a radius: 250 m, then four times as far until there are enough."""

    name = "Redis GEOSEARCH, growing radius"

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._keys = 0
        self._key = ""

    def weight_mb(self) -> float:
        """Return what the newest key takes."""
        taken = self._client.execute_command("MEMORY", "USAGE", self._key, "SAMPLES", 0)
        return float(taken) / 1e6

    def move(self, number: int, latitude: float, longitude: float) -> None:
        """Put one somewhere else."""
        self._client.execute_command("GEOADD", self._key, longitude, latitude, number)

    def prepare(self, question: Question, ids: Ids, latitudes: Floats, longitudes: Floats) -> Ask:
        client, key = self._client, f"facilities-{self._keys}"
        self._key = key
        self._keys += 1
        pipe = client.pipeline(transaction=False)
        rows = zip(longitudes.tolist(), latitudes.tolist(), ids.tolist(), strict=True)
        for count, (lng, lat, number) in enumerate(rows, 1):
            pipe.execute_command("GEOADD", key, lng, lat, number)
            if count % 10_000 == 0:
                pipe.execute()
        pipe.execute()
        enough = min(K, len(ids))

        def ask(latitude: float, longitude: float) -> Found:
            radius_m = min(250.0, question.radius_m)
            while True:
                words = ("BYRADIUS", radius_m, "m", "ASC", "COUNT", K, "WITHDIST")
                found = client.execute_command(
                    "GEOSEARCH", key, "FROMLONLAT", longitude, latitude, *words
                )
                if len(found) >= enough or radius_m >= min(question.radius_m, 2e7):
                    return [(int(number), float(way)) for number, way in found]
                radius_m = min(radius_m * 4, question.radius_m)

        return ask


@contextmanager
def all_servers(say: Callable[[str], None]) -> Iterator[list[Engine]]:
    """Lend the engines for which there is a server, and say which there are none for."""
    with ExitStack() as stack:
        server = stack.enter_context(temporary_postgres(is_durable=False))
        engines: list[Engine] = [Prefixes(stack.enter_context(server.connect("postgres")))]  # type: ignore[arg-type]
        binaries = _postgis_binaries()
        if binaries is None:
            say("left out: PostGIS (apt install postgresql-15-postgis-3)")
        else:
            connection = stack.enter_context(_debian_postgres(binaries))
            engines += [PostGis(connection), MeasuredPostGis(connection)]
        if shutil.which("redis-server") is None:
            say("left out: Redis (apt install redis-server)")
        else:
            engines.append(RedisGeo(stack.enter_context(_redis())))
        yield engines


def _postgis_binaries() -> Path | None:
    found = sorted(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    return Path("/usr/lib/postgresql") / found[-1].parts[-3] / "bin" if found else None


@contextmanager
def _debian_postgres(binaries: Path) -> Iterator[Connection]:
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        if account:
            os.chown(folder, account.pw_uid, account.pw_gid)
            os.chown(data, account.pw_uid, account.pw_gid)
        user = account.pw_uid if account else None
        words = [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
        ]
        subprocess.run(words, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)
        words = [str(binaries / "postgres"), "-D", str(data), "-k", folder]
        for setting in (*_FAST, "listen_addresses="):
            words += ["-c", setting]
        log = (Path(folder) / "log").open("wb")
        with log, subprocess.Popen(words, user=user, cwd=folder, stdout=log, stderr=log) as process:
            try:
                connection = _patiently(
                    lambda: psycopg.connect(host=folder, user="postgres", autocommit=True)
                )
                connection.execute("CREATE EXTENSION postgis")
                connection.execute("SET jit = off")
                with connection:
                    yield connection
            finally:
                process.terminate()


@contextmanager
def _redis() -> Iterator["redis.Redis"]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = f"{folder}/redis.sock"
        words = [
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--save",
            "",
            "--dir",
            folder,
        ]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                client = redis.Redis(unix_socket_path=socket)
                _patiently(client.ping)
                yield client
            finally:
                process.terminate()


def _patiently(ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()
        except (psycopg.OperationalError, redis.ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)

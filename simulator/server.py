"""Running the simulator: one process, a thread per request, on loopback only."""

import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from .config import BadConfig, Config
from .web import create_app
from .world import World

log = logging.getLogger("simulator")
HOST = "127.0.0.1"


class _Handler(WSGIRequestHandler):
    """Silent: phones poll, and access tokens stand in the addresses of API calls."""

    timeout = 60  # a client that connects and says nothing is not waited for forever

    def connection_dropped(self, *_: object) -> None:
        """Hang up, also where an ordered fault only plays a lost connection."""
        self.close_connection = True

    def log_request(self, *_: object) -> None:
        return

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        getattr(log, type)(message.rstrip(), *args)


@contextmanager
def running(config: Config) -> Iterator[str]:
    """Serve until the block ends; yields the base address. Port 0 takes a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, config.port))
    except OSError as error:
        listener.close()
        raise BadConfig(f"端口 {config.port} 已被占用，请换一个（SIM_PORT）。") from error
    listener.listen(128)
    port = listener.getsockname()[1]
    world = World(config.on_port(port))
    server = ThreadedWSGIServer(HOST, port, create_app(world), _Handler, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        listener.close()
        world.close()


def start_logging() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("simulator: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False

"""`python -m simulator`: run until SIGINT or SIGTERM."""

import signal
import sys
import threading

from . import config, server


def main() -> int:
    wanted_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: wanted_end.set())
    server.start_logging()
    try:
        settings = config.read(sys.argv[1:])
        with server.running(settings) as address:
            server.log.info("微信模拟器 %s/ → %s", address, settings.callback_url)
            wanted_end.wait()
    except (config.BadConfig, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

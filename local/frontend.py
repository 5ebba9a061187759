"""Copies the front-end files that pages use from node_modules to static/vendor/."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "static" / "vendor"
FILES = {
    "leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet.js": "leaflet/dist/leaflet.js",
    "echarts.min.js": "echarts/dist/echarts.simple.min.js",
    "jsqr.js": "jsqr/dist/jsQR.js",
    "weui.min.css": "weui/dist/style/weui.min.css",
    "pico.min.css": "@picocss/pico/css/pico.min.css",
}


def main() -> None:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        # In one go: a web server may be serving the old file right now.
        unfinished = VENDOR / f".{name}.{os.getpid()}"
        shutil.copyfile(ROOT / "node_modules" / source, unfinished)
        unfinished.replace(VENDOR / name)


if __name__ == "__main__":
    main()

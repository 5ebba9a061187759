#!/bin/sh
# Finds a Python that is new enough and lets it do the setting up: see bootstrap.py.
cd "$(dirname "$0")/.." || exit 1
for python in .venv/bin/python python3 python3.15 python3.14 python3.13 python3.12 python3.11; do
    if "$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -I -X utf8 local/bootstrap.py "$@"
    fi
done
echo "需要 Python 3.11 或更新的版本：请先安装（Debian：apt install python3 python3-venv）。" >&2
exit 1

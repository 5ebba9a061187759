"""A WeChat platform on this computer: its API server, its pusher, and phones to chat with.

A second program on purpose. It imports nothing of the project, so that a misunderstanding of the
protocol is not built into both sides; `python -m simulator` starts it.
"""

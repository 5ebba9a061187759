"""Measurements, side by side with what others offer: `make bench`, `python -m bench [names]`."""

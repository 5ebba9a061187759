"""Facilities: import, exact nearest search, live parking. Not built yet: docs/roadmap.md."""

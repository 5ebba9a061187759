"""Mechanism without vocabulary: settings, clock, database, jobs, bus, blobs, web, logs, errors.

Nothing here knows a case, a point or a toilet. There are no re-exports: name the module
(`from kernel.database import transaction`).
"""

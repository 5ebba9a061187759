"""Points, datums, distances, geohash cells: plain Python, knows nothing of the service."""

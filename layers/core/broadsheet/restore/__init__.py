"""Copying items back from a table that was restored to a point in time."""

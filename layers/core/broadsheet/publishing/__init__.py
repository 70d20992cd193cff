"""Use cases of the desk: publish, preview, rebuild, report."""

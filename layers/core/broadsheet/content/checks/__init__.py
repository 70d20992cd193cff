"""Checks of an issue's file.

`content/read.py` calls those that need nothing but the file, `publishing/` those called `…_findings`.
"""

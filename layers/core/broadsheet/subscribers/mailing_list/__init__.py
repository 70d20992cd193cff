"""The operator's work on the whole list: import, export, count, look up and erase subscribers."""

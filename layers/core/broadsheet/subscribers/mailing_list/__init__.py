"""The operator's way with the whole list: to import, export, count, find and forget people."""

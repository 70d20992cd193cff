"""Converts exports of other blog and newsletter systems into folders as on the desk, without network."""

"""Subscribers: sign-up, confirmation, leaving, and how their addresses are stored."""

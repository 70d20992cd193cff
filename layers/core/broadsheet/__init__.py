"""Broadsheet: a newsletter press. Rooms by capability; `aws` alone knows AWS, `bootstrap` joins."""

"""The `broadsheet` command: what editors and operators do."""

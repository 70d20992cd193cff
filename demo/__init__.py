"""The story of `broadsheet demo`, and a reader to play it with."""

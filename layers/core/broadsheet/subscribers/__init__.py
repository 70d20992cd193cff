"""Who reads: sign-up, confirmation, leaving, and how their addresses are kept."""

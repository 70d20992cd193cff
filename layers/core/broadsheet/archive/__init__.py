"""What is public and since when: the register, its history, and the texts that were kept."""

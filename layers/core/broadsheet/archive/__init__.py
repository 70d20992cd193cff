"""What is public and since when: the register, its history, and the kept texts."""

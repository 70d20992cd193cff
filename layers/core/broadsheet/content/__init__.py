"""What is published: an issue's file, what is wrong with it, and the register of what is public."""

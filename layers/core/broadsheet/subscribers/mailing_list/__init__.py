"""What an operator does with the whole list: import, export, count, look up and erase subscribers."""

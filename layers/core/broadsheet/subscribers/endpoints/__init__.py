"""What answers readers' HTTP requests: parse, call the use case, render the answer."""

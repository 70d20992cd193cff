"""`broadsheet doctor`: checks of the deployed system, line by line, each with its repair."""

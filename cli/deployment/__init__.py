"""`broadsheet deploy`: from the checkout to a stack that answers, and back from a first try that failed."""

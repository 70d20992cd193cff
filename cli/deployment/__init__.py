"""`broadsheet deploy`: builds and deploys the stack, and recovers from a failed first deployment."""

"""What is mailed to whom: mail bodies, mailings, their chunks and the ledger."""

"""In-memory fakes of the ports; `tests/contract` holds them to the promises of the adapters."""

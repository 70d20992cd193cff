"""In-memory stand-ins for the ports; `tests/contract` holds them to the adapters' promises."""

"""The endpoints of the HTTP API: parse the request, call the use case, render the response."""

"""Measures what Broadsheet costs: `make bench` writes docs/benchmarks.md."""

from types import SimpleNamespace

CONTEXT = SimpleNamespace(  # the context that Lambda passes to a handler
    function_name="broadsheet",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:broadsheet",
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    get_remaining_time_in_millis=lambda: 90_000,
)

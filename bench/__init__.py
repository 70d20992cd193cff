"""What Broadsheet costs, beside others on one machine in one run; `make bench` writes docs/benchmarks.md."""

"""Broadsheet: a serverless newsletter. One package for each capability; only `aws` knows AWS."""

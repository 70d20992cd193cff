"""The only room that knows boto3: one adapter for each port."""

"""Errors in AWS's shape.

Source: botocore's rest-json protocol: the type is in `x-amzn-ErrorType`, the text in a JSON `message`.
"""

from flask import Response, jsonify


def aws_error(error_type: str, status: int, text: str) -> Response:
    """An error as boto3 reads it."""
    response = jsonify(message=text)
    response.status_code = status
    response.headers["x-amzn-ErrorType"] = error_type
    return response

"""An issue's file: decoded, read into an `Issue`, and checked."""

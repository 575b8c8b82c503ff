"""One use case a file: no SQL, no arithmetic."""

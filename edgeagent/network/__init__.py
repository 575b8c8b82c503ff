"""The only package that opens outbound sockets: fetching the repository, sending reports."""

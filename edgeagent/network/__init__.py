"""The only room that opens outbound sockets: fetching the repository, sending reports."""

"""The programmers' page: what the audience watches, how far the reports are, how the service is."""

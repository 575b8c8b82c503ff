"""From sums of reports to what is known about the audience, and how well."""

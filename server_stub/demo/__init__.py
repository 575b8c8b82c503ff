"""A filled server to look at: an invented catalogue, half a year of reports, a season and a hit."""

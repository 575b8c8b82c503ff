"""Reports: whether a week is reported, its count, randomisation, booking, sending and accounts."""

"""The reporting week: decided, counted, randomised, booked, sent, and accounted for."""

"""The only room that speaks SQL: keyed databases, keys, history, ledger."""

"""A box looked after: examined, exported, imported, erased, its keys changed."""

"""Private viewing: sessions that are kept in memory only, and the viewings that fall into them."""

"""Fakes, suites to inherit and strategies; nothing on the device path imports it."""

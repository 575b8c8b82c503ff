"""The command line: click, split by noun; the only room that prints."""

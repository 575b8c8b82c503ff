"""What titles are about: genre words of ten languages and of standards, and which are sensitive.

tables    the closed list of genres, and the words, codes and names that mean them
lookup    one word, as genres
mapping   the operator's own words
titles    one title, as genres, topics and words that are not known
"""

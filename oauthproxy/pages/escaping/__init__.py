"""
Escape a value for the place of a page in which it stands.
"""

"""
Rules that settings have to keep, each reported with the option to change.
"""

"""
What the program can do besides serving, and how a command line becomes settings.
"""

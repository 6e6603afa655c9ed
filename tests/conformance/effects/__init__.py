"""
What each option changes for somebody who looks at the running program from outside.
"""

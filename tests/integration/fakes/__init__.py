"""
Identity providers as they are on the Internet: hosts, paths, answers, pages, errors.
"""

"""
Real servers and raw sockets around the installed program.
"""

"""
The alpha configuration: a YAML document for what the flat options cannot say.
"""

"""
What is wrong with a template.
"""


class TemplateError(Exception):
    """
    The template is not valid, or not for these values.
    """

    def __init__(self, name: str, line: int, text: str) -> None:
        super().__init__(f"{name}:{line}: {text}")
        self.line = line
        self.text = text

"""
A producer that writes down what it hears.
"""

from collections.abc import Callable

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Producer:
    """
    Hears "pause", "resume" and "stop"; `resumed` is called when it may go on.
    """

    def __init__(self, resumed: Callable[[], None] = lambda: None) -> None:
        self.heard: list[str] = []
        self._resumed = resumed

    def pauseProducing(self) -> None:
        self.heard.append("pause")

    def resumeProducing(self) -> None:
        self.heard.append("resume")
        self._resumed()

    def stopProducing(self) -> None:
        self.heard.append("stop")

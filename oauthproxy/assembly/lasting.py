"""
What lasts from one configuration to the next, as long as the process runs.
"""

from attrs import define, field

from oauthproxy.metrics import ProgramSeries
from oauthproxy.session.memory import MemoryVault


@define(eq=False)
class Lasting:
    """
    What is counted about the program, and the sessions that are kept in its memory.
    """

    program: ProgramSeries = field(factory=ProgramSeries)
    memory: MemoryVault | None = None

"""
When Python looks for garbage.

What a start makes stays for as long as the program runs, about eighty thousand objects.
A full collection looks at each of them, and comes when many connections or logins do:
everybody then waits for 20 to 90 ms. Requests themselves leave next to nothing behind
that only a collection can free, so that collections may be rarer. The command line
has switched them off for the time of the start.
"""

import gc

RARER = (5_000, 20, 20)
"""When generations are collected: with this, a collection takes a few milliseconds."""


def settle() -> None:
    """
    Leave what the start made alone from now on.
    """
    gc.freeze()
    gc.set_threshold(*RARER)
    gc.enable()


def loosen() -> None:
    """
    Look at everything again: what the start made is about to be replaced.
    """
    gc.unfreeze()

"""The two errors a user can cause, so that they can be told apart from a failure of the program."""


class BadInput(ValueError):
    """A file, record or parameter is not what it must be; the message names it and the remedy."""


class LeakError(BadInput):
    """Data of one split was about to be used where only another split is allowed."""

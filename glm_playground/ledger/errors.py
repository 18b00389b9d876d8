"""What can be wrong with a database.

LedgerError
 ├─ LedgerUnreachable   no such server, no such folder, wrong password
 ├─ LedgerLocked        another program holds it for too long
 ├─ LedgerReadOnly      it may not be written
 ├─ LedgerFull          no space is left
 ├─ LedgerDamaged       it is no database, or a broken one
 └─ LedgerNewer         a later version of the app has written it
"""


class LedgerError(Exception):
    """The database cannot be used; the message names it without a password and says why in a line."""


class LedgerUnreachable(LedgerError):
    """There is no such server or folder, or it does not let us in."""


class LedgerLocked(LedgerError):
    """Another program holds the database for longer than the timeout."""


class LedgerReadOnly(LedgerError):
    """The database may not be written."""


class LedgerFull(LedgerError):
    """No space is left for the database."""


class LedgerDamaged(LedgerError):
    """The file is no database, or a broken one."""


class LedgerNewer(LedgerError):
    """A later version of the app has written the database."""

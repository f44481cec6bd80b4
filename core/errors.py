"""The one error that a person's mistake may cause."""

from __future__ import annotations


class UserError(Exception):
    """A person's mistake, told in one sentence: the field, the value, what is allowed, the fix.

    The command line prints the sentence and exits with code 2; the dashboard shows it in the page.
    Anything else that is raised is a defect of the program.
    """

"""Voter targeting: whom to contact, by which channel, for one budget."""

from usecases.voter_targeting.contact.usecase import VoterContact

USECASE = VoterContact()

__all__ = ["USECASE", "VoterContact"]

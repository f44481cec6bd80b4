"""Fund-raising e-mail: which of 18 variants goes to how many people."""

from usecases.voter_targeting.fundraising.usecase import VoterFundraising

USECASE = VoterFundraising()

__all__ = ["USECASE", "VoterFundraising"]

"""Many runs: designs over levers and constants, worked off where one likes, and what they say together."""

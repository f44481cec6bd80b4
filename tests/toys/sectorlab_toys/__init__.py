"""Three toy industries that prove the protocol: control, learning during play, a shared budget."""

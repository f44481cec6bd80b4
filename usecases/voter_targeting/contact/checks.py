def checks_of(scenario, world):
    return []

from core.results import Run


def finding_of(run):
    return None


def charts_of(run):
    return []

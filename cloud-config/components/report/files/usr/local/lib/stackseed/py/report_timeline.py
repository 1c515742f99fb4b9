"""Section `timeline` of this host's report: how it came up. Only the operator's tools ask for it."""
import timeline


def report(root):
    return timeline.report(root)

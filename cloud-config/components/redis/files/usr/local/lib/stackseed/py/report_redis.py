"""Section `redis` of this host's report: who was master when Sentinel here wrote it down last.

Reads; changes nothing."""
import redis_conf


def report(root):
    return redis_conf.on_disk(root) or {}

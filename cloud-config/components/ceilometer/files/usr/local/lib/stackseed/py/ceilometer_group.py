"""ceilometer_group.py: prints how many central agents share the work out at the moment, as Redis knows them.

Tooz keeps a group as a hash of its members, and of each member a key that goes away when it is not renewed. Asks the
Redis of this host, which has what the master has. Status 1 when there is no answer.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import redis_conf  # noqa: E402
import redis_talk  # noqa: E402

GROUPS, GROUP, BEAT = '_tooz_groups', '_tooz_group:', '_tooz_beats:'
# A field of each group that is no member.
MADE = '__created__'


def main():
    root = os.environ.get('ROOT', '')
    try:
        print(count(caller(root)))
    except (OSError, ValueError, KeyError, IndexError, redis_talk.Failed) as error:
        sys.stderr.write('for Redis: %s\n' % error)
        return 1
    return 0


def caller(root):
    """A function that asks the Redis of this host one question."""
    cluster = ask.read_cluster(root)
    own = [each['address'] for each in cluster['controllers'] if each['name'] == cluster['self']][0]
    password = redis_conf.password(root)
    return lambda *words: redis_talk.call(own, redis_talk.REDIS, ['AUTH', password], list(words))[1]


def count(call):
    """Central agents that are alive: those of the largest of their groups, of which there is one for each question."""
    groups = [name for name in call('SMEMBERS', GROUPS) if name.startswith('central')]
    return max([0] + [alive(call, name) for name in groups])


def alive(call, group):
    members = [name for name in call('HKEYS', GROUP + group) if name != MADE]
    return sum(1 for name in members if call('EXISTS', BEAT + name))


if __name__ == '__main__':
    sys.exit(main())

"""gnocchi_redis.py parts: prints into how many parts Gnocchi has divided what comes in, or `none` where Redis does not
know. Asks the Redis of this host, which has what the master has. Status 1 when there is no answer.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import redis_conf  # noqa: E402
import redis_talk  # noqa: E402


def main(arguments):
    if arguments != ['parts']:
        sys.stderr.write(__doc__)
        return 2
    root = os.environ.get('ROOT', '')
    try:
        cluster = ask.read_cluster(root)
        own = [each['address'] for each in cluster['controllers'] if each['name'] == cluster['self']][0]
        # Where Gnocchi itself keeps it.
        found = redis_talk.call(own, redis_talk.REDIS, ['AUTH', redis_conf.password(root)],
                                ['HGET', 'gnocchi-config', 'sacks'])[1]
    except (OSError, ValueError, KeyError, IndexError, redis_talk.Failed) as error:
        sys.stderr.write('for Redis: %s\n' % error)
        return 1
    print(found or 'none')
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

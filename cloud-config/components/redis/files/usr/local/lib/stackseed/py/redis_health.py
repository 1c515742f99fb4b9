"""One line: whether Redis here is master or replica, and of whom. Exit status 0 when both it and Sentinel are
in service."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import redis_conf  # noqa: E402
import redis_talk  # noqa: E402


def main():
    try:
        status, text = look(os.environ.get('ROOT', ''))
    except (OSError, ValueError, KeyError) as error:
        status, text = 1, 'cannot tell: %s' % error
    print(text)
    return status


def look(root):
    cluster = ask.read_cluster(root)
    names = {each['address']: each['name'] for each in cluster['controllers']}
    own = [address for address in sorted(names) if names[address] == cluster['self']][0]
    try:
        said = redis_talk.replication(own, redis_conf.password(root))
    except redis_talk.Failed as error:
        return 1, 'Redis does not answer: %s' % error
    try:
        master = redis_talk.master_of(own)['master']
    except redis_talk.Failed as error:
        return 1, 'Sentinel does not answer: %s' % error
    called = names.get(master, master)
    for address in sorted(names):
        other = other_master(address) if address != own else None
        if other not in (None, master):
            return 1, 'Sentinel here calls %s master, that of %s %s' % (called, names[address], names.get(other, other))
    return role(said, own, master, called)


def other_master(address):
    try:
        return redis_talk.master_of(address)['master']
    except redis_talk.Failed:
        return None


def role(said, own, master, called):
    if said['role'] == 'master':
        if master != own:
            return 1, 'master here, while Sentinel calls %s master' % called
        return 0, 'master, %s replicas' % said['connected_slaves']
    if said.get('master_host') != master:
        return 1, 'replica of %s, while Sentinel calls %s master' % (said.get('master_host'), called)
    if said.get('master_link_status') != 'up':
        return 1, 'replica of %s, without a link to it' % called
    return 0, 'replica of %s' % called


if __name__ == '__main__':
    sys.exit(main())

"""Who is to be the master of Redis: a pure function of what is known. No files, no clock, nothing random.

facts = {
  'controllers': [(name, address)] of those present, in the order of the inventory, 'self': name,
  'sentinels': {name: {'master': address, 'epoch': number}} of the Sentinels that answer, this host's too,
  'disks': {name: the same} of what Sentinel on others, and here, wrote down last, whether it runs or not,
  'answering': names whose host answers at all,
  'patient': whether those who are missing may still come,
}
choose(facts) gives (address, '') or (None, for whom it waits).

    redis_decide.py --lines   JSON of facts per line in, JSON of the answer per line out, for tests
"""
import json
import sys



def choose(facts):
    addresses = [address for _, address in facts['controllers']]
    for known in (facts['sentinels'], facts['disks']):
        votes = {name: known[name] for name in known if known[name]['master'] in addresses}
        if votes:
            return elected(votes, addresses), ''
    return first(facts)


def elected(votes, addresses):
    """The latest failover counts; before the first one, what most say; then the order of the inventory."""
    epoch = max(vote['epoch'] for vote in votes.values())
    masters = [vote['master'] for vote in votes.values() if vote['epoch'] == epoch]
    return min(addresses, key=lambda address: (-masters.count(address), addresses.index(address)))


def first(facts):
    """Nobody ever had a master: the first controller, or the first that is there when it does not come."""
    here = [(name, address) for name, address in facts['controllers']
            if name in facts['answering'] or name == facts['self']]
    name, address = facts['controllers'][0]
    if (name, address) in here:
        return address, ''
    if facts['patient'] or len(here) * 2 <= len(facts['controllers']):
        return None, 'for %s, where Redis begins' % name
    return here[0][1], ''


def main(arguments):
    if arguments != ['--lines']:
        sys.stderr.write(__doc__)
        return 2
    for line in sys.stdin:
        print(json.dumps(choose(json.loads(line))))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

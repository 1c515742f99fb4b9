"""How this host's components stand, as `stackseed-node status --json` tells it, from what the engine wrote.

Nothing is run here: a service that died shows when the engine has looked, at most five minutes later.
"""
import os


def report(root, host, fleet):
    """{host, fleet, instanceId, ready, components: [{name, state, since, attempts, reason}]}"""
    seed = root + '/var/lib/stackseed/seed'
    names = text(seed + '/components.list').split()
    found = [component(root + '/run/stackseed', name) for name in names]
    return {
        'host': host,
        'fleet': fleet,
        'instanceId': text(root + '/var/lib/cloud/data/instance-id').strip('\0\n'),
        'ready': bool(found) and all(one['state'] == 'healthy' for one in found),
        'components': found,
    }


def component(run, name):
    lines = text('%s/components/%s' % (run, name)).splitlines()
    fields = dict(line.split('=', 1) for line in lines if '=' in line)
    state = fields.get('state', 'waiting')
    reason = fields.get('reason', 'not started yet')
    doing = '%s/doing/%s' % (run, name)
    # One that waited tells what it does now, as soon as it does something.
    if state == 'converging' and os.path.exists(doing) or state != 'healthy' and text(doing):
        reason = text(doing)
    return {
        'name': name,
        'state': state,
        'since': number(fields.get('since', '')),
        'attempts': number(fields.get('attempts', '0')),
        'reason': one_line(reason),
    }


def one_line(words):
    """As one_line of durable.sh: printable ASCII, at most 300 characters."""
    words = words.rstrip('\n')[:300]
    return ''.join(letter if ' ' <= letter <= '~' else ' ' for letter in words)


def number(digits):
    return int(digits) if digits.isdigit() and len(digits) < 16 else None


def text(path):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return file.read(65536)
    except OSError:
        return ''

"""Section `corosync` of this host's report: what its Corosync runs with, and whom it sees.

Reads /etc/corosync/corosync.conf and asks the running daemon. Changes nothing.

    report_corosync.py same      whether Corosync runs with the nodes of corosync.conf; exit 0 when it does
    report_corosync.py agreed    whether every controller whose Corosync runs has the nodes of this host's
                                 corosync.conf; exit 0 when all have, else 75 and a line that names one
    report_corosync.py words     a line for people; exit 1 when the daemon does not answer
"""
import os
import re
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

import corosync_key  # noqa: E402

# Seconds for each question to the daemon, and for all controllers to answer.
ANSWER_TIME = 1.0
PEERS_TIME = 1.5

KEY = re.compile(r'(nodelist\.node\.\d+|runtime\.members\.\d+|runtime\.totem\.pg\.mrp\.srp\.members\.\d+)'
                 r'\.(\w+) \(\w+\) = (.*)')
SETTING = re.compile(r'\s*(name|nodeid|ring[01]_addr):\s*(\S+)')


def report(root):
    """{"running", "quorate", "nodes": [...], "members": [names], "key": {...}}; the lists are sorted.

    A node is "NAME ID ADDRESS…" as the daemon has it now, which after a change of corosync.conf may not be
    what the file says. The key is as corosync_key.told() has it.
    """
    key = corosync_key.told(root)
    keys = ask(['corosync-cmapctl'])
    if keys is None:
        return {'running': False, 'quorate': False, 'nodes': [], 'members': [], 'key': key}
    nodes, members = read_keys(keys)
    quorum = ask(['corosync-quorumtool', '-s']) or ''
    return {
        'running': True,
        'quorate': re.search(r'^Quorate:\s+Yes', quorum, re.M) is not None,
        'nodes': nodes,
        'members': members,
        'key': key,
    }


def ask(command):
    """What the program prints; None when the daemon does not run or does not answer in time."""
    try:
        said = subprocess.check_output(command, stderr=subprocess.DEVNULL, timeout=ANSWER_TIME,
                                       stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        # quorumtool exits 2 when it is not quorate, and has answered.
        return error.output.decode('utf-8', 'replace') or None
    except (OSError, subprocess.TimeoutExpired):
        return None
    return said.decode('utf-8', 'replace')


def read_keys(text):
    """Nodes and the names of the present members, out of what corosync-cmapctl prints."""
    entries = {}
    for line in text.splitlines():
        found = KEY.match(line)
        if found:
            entries.setdefault(found.group(1), {})[found.group(2)] = found.group(3)
    listed = [entries[key] for key in sorted(entries) if key.startswith('nodelist.')]
    names = {one.get('nodeid'): one.get('name') for one in listed}
    joined = [key.rsplit('.', 1)[1] for key in entries
              if not key.startswith('nodelist.') and entries[key].get('status') == 'joined']
    return in_words(listed), sorted(names.get(number) or number for number in joined)


def in_words(listed):
    return sorted(' '.join(one[key] for key in ('name', 'nodeid', 'ring0_addr', 'ring1_addr') if key in one)
                  for one in listed)


def of_file(root):
    """Nodes of corosync.conf, as report() has them."""
    with open(root + '/etc/corosync/corosync.conf') as file:
        blocks = re.findall(r'^\tnode \{\n(.*?)^\t\}\n', file.read(), re.M | re.S)
    return in_words([dict(found.groups() for found in map(SETTING.match, block.splitlines()) if found)
                     for block in blocks])


def same(root):
    return report(root)['nodes'] == of_file(root)


def disagreement(root, answers):
    """Why this host's Corosync must not start yet; '' when it may.

    Two that run with different lists hear some whom the other does not hear, and then no membership lasts.
    One that does not run has nothing to say, and who is silent does not run for us.
    """
    own = of_file(root)
    for name in sorted(answers):
        if not isinstance(answers[name], dict):
            continue
        told = answers[name]['answer'].get('corosync') or {}
        if not told.get('running') or told.get('nodes') == own:
            continue
        theirs = names_of(told.get('nodes') or [])
        return 'for %s, whose Corosync runs with %s, to have the list of this host: %s' % (
            name, ' '.join(theirs) or 'no list', ' '.join(names_of(own)))
    return ''


def names_of(nodes):
    return [node.split(' ')[0] for node in nodes]


def words(told):
    """"2 of 3 controllers: cnt1 cnt2, a majority"."""
    if not told['running']:
        return 'corosync does not answer'
    return '%d of %d controllers: %s, %s' % (len(told['members']), len(told['nodes']),
                                             ' '.join(told['members']),
                                             'a majority' if told['quorate'] else 'no majority')


def main(arguments):
    root = os.environ.get('ROOT', '')
    if arguments == ['same']:
        return 0 if same(root) else 1
    if arguments == ['agreed']:
        import ask as peers
        present = [node.split(' ')[0] for node in of_file(root)]
        why = disagreement(root, peers.ask_all(root, ['corosync'], '', PEERS_TIME, present))
        print(why)
        return 75 if why else 0
    if arguments == ['words']:
        told = report(root)
        about = corosync_key.words(root) if told['running'] else ''
        print(words(told) + (', ' + about if about else ''))
        return 0 if told['running'] else 1
    sys.stderr.write(__doc__ + '\n')
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

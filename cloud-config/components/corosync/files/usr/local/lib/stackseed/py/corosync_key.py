"""The key of the controllers' Corosync, and its change while all of them run.

    corosync_key.py start      writes the key that Corosync has to be started with, and notes it
    corosync_key.py state      how the key is that Corosync runs with: prints "newest"; "before" when it can come to the newest
                               while it runs; "between" while that happens; or "strange" when it has to be restarted for it
    corosync_key.py follow     brings a Corosync that is "before" to the newest key, and ends; may take until other hosts have
                               their seeds

COROSYNC_TRANSPORT says which transport Corosync has. Secrets are in /etc/stackseed/corosync.key, one a line; after a
rotation the one from before and the new one. Each makes a key of 128 bytes: what Corosync 2 takes and no other number,
and the least that 3 takes.

Since Corosync 3.1 (https://github.com/corosync/corosync/pull/562) one `corosync-cfgtool -R` brings a new key to all members
without losing a message, if each has it in its file by then. So a host goes on with the key from before until all
members know the new one; then each puts it into its file; then somebody has them read it.
"""
import hashlib
import os
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

import durable  # noqa: E402

SECRETS, FILE, RUNS = '/etc/stackseed/corosync.key', '/etc/corosync/authkey', '/run/stackseed/corosync.key'
# Seconds for all controllers to answer; between two looks whether all know the newest key, and when all do.
PEERS_TIME, LOOK, LOOK_SOON = 1.5, 10, 1


def key_of(secret):
    return b''.join(hashlib.sha256(('stackseed corosync %d %s\n' % (part, secret)).encode()).digest()
                    for part in (1, 2, 3, 4))


def name_of(key):
    """A key's name, by which nobody finds the key."""
    return hashlib.sha256(b'stackseed corosync key ' + key).hexdigest()[:16] if key else ''


def read(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return b''


class Keys(object):
    """Those of this host: `all`, the newest last, by their names."""

    def __init__(self, root):
        self.root = root
        made = [key_of(line) for line in read(root + SECRETS).decode('ascii').split()]
        self.all = {name_of(key): key for key in made}
        self.names = [name_of(key) for key in made]
        self.newest = self.names[-1] if made else ''
        self.file = name_of(read(root + FILE))
        self.runs = read(root + RUNS).decode('ascii').strip()

    def put(self, name):
        if self.file != name:
            durable.write(self.root + FILE, self.all[name], 0o400)
            self.file = name

    def note(self, name):
        path = self.root + RUNS
        os.makedirs(os.path.dirname(path), exist_ok=True)
        durable.write(path, name + '\n', 0o644)
        self.runs = name


def told(root):
    """{"runs", "file", "knows": [...]} for this host's report: names of keys."""
    keys = Keys(root)
    return {'runs': keys.runs, 'file': keys.file, 'knows': sorted(keys.names)}


def section(answers, name):
    """What a controller says of its Corosync; None when it says nothing."""
    if not isinstance(answers.get(name), dict):
        return None
    return answers[name]['answer'].get('corosync')


def said_key(said):
    return said.get('key') or {}


def first(keys, answers):
    """The name of the key to start with: that of the others, as far as they say; else the one it had."""
    others = [said for said in (section(answers, name) for name in sorted(answers)) if said]
    run = [said_key(said).get('runs') for said in others if said.get('running')]
    if keys.newest in run or len(keys.names) == 1:
        return keys.newest
    before = keys.names[0]
    strangers = [said for said in others if keys.newest not in said_key(said).get('knows', [])]
    if strangers or before in run:
        return before
    return keys.file if keys.file in keys.names else keys.newest


def lacking(keys, members, answers):
    """Members of Corosync that do not know the newest key, or do not say so."""
    return [name for name in members
            if keys.newest not in said_key(section(answers, name) or {}).get('knows', [])]


def behind(keys, members, answers):
    """Members whose file has another key."""
    return [name for name in members if said_key(section(answers, name) or {}).get('file') != keys.newest]


def state(keys, live):
    """As the command of that name. `live`: this Corosync can take a key in."""
    if keys.runs == keys.newest:
        return 'newest'
    if not live or keys.runs not in keys.names:
        return 'strange'
    return 'between' if keys.file == keys.newest else 'before'


def is_live():
    return os.environ.get('COROSYNC_TRANSPORT') == 'knet'


def follow(root):
    told = ''
    while True:
        pause, text = turn(root)
        if text != told:
            sys.stderr.write(text + '\n')
        told = text
        if not pause:
            return
        time.sleep(pause)


def turn(root):
    """(seconds until the next one, words); 0 seconds when there is nothing more to do."""
    keys = Keys(root)
    if state(keys, True) in ('newest', 'strange'):
        return 0, 'nothing to be done'
    members, answers = others(root)
    late = lacking(keys, members, answers)
    if late:
        return LOOK, 'waiting for %s to know the new key' % ' '.join(late)
    keys.put(keys.newest)
    late = behind(keys, members, answers)
    if late:
        return LOOK_SOON, 'waiting for %s to lay down the new key' % ' '.join(late)
    subprocess.check_call(['corosync-cfgtool', '-R'], stdin=subprocess.DEVNULL)
    keys.note(keys.newest)
    return 0, 'has taken in the new key'


def others(root):
    """(names of the other members of Corosync, what all controllers say)"""
    import ask
    import report_corosync
    cluster = ask.read_cluster(root)
    answers = ask.ask_all(root, ['corosync'], '', PEERS_TIME)
    members = report_corosync.report(root)['members']
    return [name for name in members if name != cluster['self']], answers


def words(root):
    """What is special about the key; mostly nothing, and then nobody is asked."""
    keys = Keys(root)
    if state(keys, is_live()) not in ('before', 'between'):
        return ''
    late = lacking(keys, *others(root))
    if not late:
        return 'with the key from before, about to take the new one in'
    return 'with the key from before: %s not know the new one' % (
        '%s does' % late[0] if len(late) == 1 else '%s do' % ' '.join(late))


def main(arguments):
    root = os.environ.get('ROOT', '')
    live = is_live()
    verb = arguments[0] if len(arguments) == 1 else ''
    keys = Keys(root)
    if verb == 'start':
        name = first(keys, others(root)[1]) if live and len(keys.names) > 1 else keys.newest
        keys.put(name)
        keys.note(name)
        return 0
    if verb == 'state':
        print(state(keys, live))
        return 0
    if verb == 'follow':
        follow(root)
        return 0
    sys.stderr.write(__doc__ + '\n')
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

"""The join loop: brings MariaDB on this controller into the one Primary component that there may be.

Run by converge.sh. Each round asks all controllers, decides by galera_decide.py, and acts. It has no
deadline, only a reason, which is the last line in the file that STACKSEED_WHY names. Exit status 0: this
controller is a member, Synced, and a majority with it, so it serves. 75: told to stop. 78: an operator
must decide.
"""
import fcntl
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import galera_act  # noqa: E402
import galera_daemon  # noqa: E402
import galera_data  # noqa: E402
import galera_decide  # noqa: E402
import galera_facts  # noqa: E402
import galera_live  # noqa: E402
import galera_start  # noqa: E402
import galera_state  # noqa: E402
import sql  # noqa: E402

# Seconds between two rounds that nothing woke, and between two looks for something that does.
PAUSE_FIRST, PAUSE_MOST, LOOK = 1.0, 10.0, 0.25
# Seconds between two questions to systemd whether this is to end, and of ticks of LOOK between two looks at a daemon
# that starts: each is a program.
TOLD, LOOKS = 3.0, 4
# Rounds in which a halt has to be said, since a report may have been of the moment before.
HALTS = 3


class Told(Exception):
    """systemd wants this unit to end."""


class Memory:
    """What the loop remembers from round to round; nothing that a decision rests on."""

    def __init__(self, root):
        self.root = root
        self.why = None
        self.pause = PAUSE_FIRST
        self.halts = 0
        self.started = False
        self.failures = 0
        self.not_before = 0.0
        self.failure = ''
        self.copy = False
        self.unknown_since = None
        self.broken_since = None
        self.severed_since = None
        self.asked_systemd = 0.0


def main():
    root = os.environ.get('ROOT', '')
    os.makedirs(root + galera_state.RUN, exist_ok=True)
    # Held as long as this program runs: the report tells by it whether somebody is at work here.
    lock = os.open(root + galera_state.RUN + '/loop', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    memory = Memory(root)
    try:
        while True:
            before = signs(root)
            status, live = attempt(root, memory)
            if status is not None:
                return status
            rest(memory, before, live)
    except Told:
        say(memory, 'told to stop')
        return 75


def attempt(root, memory):
    """One round: (exit status or None, what the daemon did when it began)."""
    try:
        return play(root, memory)
    except galera_state.Unreadable as error:
        say(memory, '%s: the disk of this host must be looked at' % error)
        return 78, None
    except (galera_data.Broken, sql.Failed) as error:
        say(memory, str(error))
    except OSError as error:
        say(memory, 'cannot go on: %s' % error)
    except ValueError as error:
        say(memory, 'a file of this host is torn: %s' % error)
    return None, None


def play(root, memory):
    with galera_state.locked(root):
        record = galera_state.read_or_begin(root)
    live = galera_live.look(root, record['history'])
    galera_start.note(root, memory, live)
    trouble = know_position(root, record, live)
    facts = galera_facts.gather(root, record, live)
    if copy_only(facts) and (memory.copy or galera_data.disowned(root)):
        # Nobody could send what this host missed, though it looked so.
        facts['self'] = dict(facts['self'], position=None)
    if galera_start.stuck(memory, facts):
        say(memory, 'mariadbd does not come up and no member knows of it: started anew')
        galera_act.kill_stuck(root, facts)
        return None, None
    if galera_start.severed(memory, live):
        say(memory, 'mariadbd has left the cluster by itself: started anew')
        galera_act.kill_stuck(root, facts)
        return None, None
    word, argument = galera_decide.decide(facts)
    if word in ('wipe', 'restore') and not galera_start.broken(memory, live):
        say(memory, 'waiting for mariadbd here to come into the component')
        memory.pause = PAUSE_FIRST
        return None, live
    memory.halts = memory.halts + 1 if word == 'halt' else 0
    if word == 'member':
        return member(root, memory, facts), live
    if word in ('wait', 'halt'):
        say(memory, '%s%s' % ('waiting ' if word == 'wait' else '', trouble or argument))
        return (78 if memory.halts >= HALTS else None), live
    return step(root, memory, word, argument, facts), live


def step(root, memory, word, argument, facts):
    starts = word in ('join', 'genesis', 'recover')
    left = memory.not_before - time.monotonic()
    if starts and left > 0:
        say(memory, 'waiting to start mariadbd again: %s' % memory.failure)
        memory.pause = min(memory.pause, max(left, LOOK))
        return None
    say(memory, doing(word, argument))
    if galera_act.act(root, word, argument, facts):
        memory.pause = 0.0
        if starts:
            memory.started = True
    return None


def doing(word, argument):
    texts = {'join': 'joining %s', 'ask': 'asking for promises: %s', 'promise': 'promising to follow %s',
             'release': 'the promise to %s has ended', 'give-up': 'giving up: %s', 'stop': 'stopping mariadbd: %s',
             'wipe': 'emptying the disk: %s',
             'restore': 'back to the copy from before: %s', 'unwaive': 'the waiver of %s has ended'}
    plain = {'genesis': 'creating the database', 'recover': 'starting the database from the data of this host',
             'synced': 'Synced'}
    return plain[word] if word in plain else texts[word] % argument


def copy_only(facts):
    return facts['self']['state'] == 'MEMBER' and facts['self']['running'] == 'no' and any(
        isinstance(report, dict) and report['running'] == 'primary' for report in facts['reports'].values())


def know_position(root, record, live):
    """Reads the position of data at rest, once; the trouble with it in words, or None."""
    if record['state'] != 'MEMBER' or live['running'] != 'no':
        return None
    known = galera_live.standing(root, record)
    if known['position'] is not None or known.get('tainted'):
        return None
    try:
        galera_act.read_position(root)
    except galera_data.Broken as error:
        return 'for the position of the data here: %s' % error
    return None


def member(root, memory, facts):
    """All is well with this one: it says so in the database, and waits until a majority has."""
    record = {key: facts['self'][key] for key in galera_decide.RECORD}
    galera_act.tidy(root)
    with sql.Connection(root, timeout=10.0) as connection:
        galera_daemon.enter(root, connection)
        serves, why, own = galera_live.serving(root, record, connection)
    if galera_daemon.restart_wanted(root):
        return restart(root, memory, facts, own)
    if serves:
        say(memory, why)
        return 0
    missing = [name for name in facts['controllers'] if name not in own.get('rows', [])]
    say(memory, 'waiting for %s: %s' % (', '.join(missing), why))
    return None


def restart(root, memory, facts, own):
    """A new configuration: one after another, and only while all are there."""
    names = facts['controllers']
    missing = [name for name in names if name not in own.get('rows', [])]
    before = [name for name in names[:names.index(facts['self']['name'])]
              if isinstance(facts['reports'].get(name), dict) and facts['reports'][name].get('restart')]
    if missing or before:
        say(memory, 'waiting for %s before mariadbd is restarted with its new configuration'
            % ', '.join(missing or before))
        return None
    say(memory, 'restarting mariadbd with its new configuration')
    galera_act.act(root, 'stop', '', facts)
    memory.pause = 0.0
    return None


def say(memory, why):
    if why != memory.why:
        memory.why = why
        sys.stderr.write(why + '\n')
        sys.stderr.flush()
    try:
        with open(os.environ.get('STACKSEED_WHY', '/dev/null'), 'w') as file:
            file.write(why + '\n')
    except OSError:
        pass


def signs(root):
    """What wakes the loop: the others told something new, or something happened here."""
    try:
        woken = os.stat(root + galera_state.RUN + '/wake').st_mtime_ns
    except OSError:
        woken = 0
    return ask.asked(root), woken


def rest(memory, before, live):
    """Sleeps until the next round is due, or worth it."""
    root, pause = memory.root, memory.pause
    memory.pause = min(PAUSE_MOST, max(PAUSE_FIRST, pause * 1.6))
    end = time.monotonic() + pause * random.uniform(0.75, 1.25)
    ticks = 0
    while True:
        if is_told(memory):
            raise Told()
        left = end - time.monotonic()
        if left <= 0:
            return
        if signs(root) != before or ticks % LOOKS == 1 and moved_on(root, live):
            memory.pause = PAUSE_FIRST
            return
        time.sleep(min(LOOK, left))
        ticks += 1


def is_told(memory):
    now = time.monotonic()
    if now - memory.asked_systemd < TOLD:
        return False
    memory.asked_systemd = now
    return galera_live.unit_state(galera_daemon.LOOP) == 'deactivating'


def moved_on(root, live):
    """Whether a daemon that was on its way has come further."""
    if live is None or live['running'] == 'no' or live['synced']:
        return False
    try:
        record = galera_state.read(root)
        now = galera_live.look(root, record['history'])
    except (galera_state.Unreadable, OSError, ValueError):
        return True
    return (now['running'], now['synced']) != (live['running'], live['synced'])


if __name__ == '__main__':
    sys.exit(main())

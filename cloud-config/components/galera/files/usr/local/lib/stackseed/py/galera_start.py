"""What the join loop makes of starts of mariadbd that do not come to their end. Nothing here decides who may
start: it only ends what hangs, and spaces out what fails.

`memory` is the loop's: started, failures, not_before, failure, copy, unknown_since, broken_since, severed_since.
"""
import subprocess
import time

import galera_state

# Seconds.
# Before a daemon that did not come up is started once more, at most.
AGAIN_MOST = 30.0
# A start that Galera itself would have given up by then, or that no member of the component knows of.
STUCK = 60.0
# A join that is not Primary for that long has broken off.
BROKEN = 5.0
# For a daemon that starts it may look so, too.
SEVERED = 10.0


def note(root, memory, live):
    """Counts starts that came to nothing, so that the next one is not at once."""
    if live['synced']:
        memory.started, memory.failures, memory.not_before, memory.copy = False, 0, 0.0, False
    elif memory.started and live['running'] == 'no':
        memory.started = False
        memory.failures += 1
        memory.not_before = time.monotonic() + min(AGAIN_MOST, 2.0 ** memory.failures / 2)
        memory.failure = last_error(root)
        if was_refused(root):
            memory.copy, memory.not_before = True, 0.0


def was_refused(root):
    """Whether it ended because it was to receive a full copy over data of its own."""
    try:
        with open(root + galera_state.RUN + '/refused') as file:
            return bool(file.read())
    except OSError:
        return False


def last_error(root):
    """What mariadbd said when it ended."""
    unit = galera_state.config(root)['unit']
    try:
        said = subprocess.run(['journalctl', '-u', unit, '-n', '200', '-o', 'cat', '--no-pager', '-b'],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=10).stdout.decode('utf-8', 'replace')
    except (OSError, subprocess.SubprocessError):
        return 'it ended'
    lines = [line for line in said.splitlines() if '[ERROR]' in line]
    return lines[-1].split('[ERROR]')[1].strip()[:160] if lines else 'it ended'


def stuck(memory, facts):
    """Whether a daemon that starts will never be ready: for long, all who answer have been asked, and no
    component that it could be coming into knows of it."""
    own = facts['self']
    if own['running'] != 'starting' or is_first(memory.root):
        memory.unknown_since = None
        return False
    answers = [report for report in facts['reports'].values() if isinstance(report, dict)]
    if any(own['name'] in report['view'] for report in answers):
        memory.unknown_since = None
    elif not answers:
        pass
    elif memory.unknown_since is None:
        memory.unknown_since = time.monotonic()
    return memory.unknown_since is not None and time.monotonic() - memory.unknown_since > STUCK


def severed(memory, live):
    """Whether a daemon has left the cluster by itself, and will not come back without a start."""
    if not live['severed']:
        memory.severed_since = None
        return False
    if memory.severed_since is None:
        memory.severed_since = time.monotonic()
    return time.monotonic() - memory.severed_since > SEVERED


def broken(memory, live):
    """Whether a join that seems to have broken off really has: a daemon on its way in may look so."""
    if live['running'] != 'nonprimary':
        memory.broken_since = None
        return True
    if memory.broken_since is None:
        memory.broken_since = time.monotonic()
    return time.monotonic() - memory.broken_since > BROKEN


def is_first(root):
    """A daemon that begins a component depends on nobody, and InnoDB may take its time."""
    try:
        with open(root + galera_state.RUN + '/start') as file:
            return '--wsrep-new-cluster' in file.read()
    except OSError:
        return True

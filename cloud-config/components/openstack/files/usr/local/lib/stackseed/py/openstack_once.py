"""Commands that run once in the whole cluster, on the controller that holds the step.

    openstack_once.py run STEP GENERATION COMMAND…
    openstack_once.py schema STEP GENERATION DATABASE COMMAND…

`run`: COMMAND has to find its own work done, since it is run again when it was cut off. `schema`: COMMAND fills
the empty DATABASE, and may leave it unusable when it is cut off. So until one generation of the step is done,
whatever is there was begun by this step: it is dropped and made anew. A later generation only runs COMMAND.

Status 0: done, here or elsewhere. 75: not yet. 78: an operator must act. Else: COMMAND failed. The last line of
stderr says why; lines of COMMAND begin with a bar. While COMMAND runs, the step is looked at: when it is another
controller's, or the database has not served here for a while, COMMAND is killed; and who takes a step over waits
until that has happened.
"""
import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import galera_state  # noqa: E402
import sql  # noqa: E402
import step  # noqa: E402

OK, LOST, DONE, LATER, HALT = 0, 1, 3, 75, 78
# Seconds between two looks, how long they may tell nothing, and how long who took over waits: longer than both with
# the time that a look may take.
LOOK, UNSURE, GRACE = 3, float(os.environ.get('STACKSEED_UNSURE', '45')), 90
# How often it is tried to record what was done.
RECORD = 20


class Later(Exception):
    """Not now; the text says why."""


class Halt(Exception):
    """An operator must act; the text says why."""


def main(arguments):
    least = {'run': 4, 'schema': 5}.get(arguments[0] if arguments else '')
    if least is None or len(arguments) < least or not arguments[2].isdigit():
        sys.stderr.write(__doc__)
        return 2
    root = os.environ.get('ROOT', '')
    name, generation = arguments[1], int(arguments[2])
    try:
        if arguments[0] == 'run':
            return once(root, name, generation, lambda: None, arguments[3:])
        return schema(root, name, generation, arguments[3], arguments[4:])
    except (Later, galera_state.Unreadable, OSError) as error:
        sys.stderr.write('%s\n' % error)
        return LATER
    except sql.Failed as error:
        sys.stderr.write('for the database: %s\n' % error)
        return LATER
    except Halt as error:
        sys.stderr.write('%s\n' % error)
        return HALT


def once(root, name, generation, prepare, command):
    owner, state = read_state(root, name, generation)
    if state == 'done':
        return 0
    status, token = ask(root, 'claim', name, generation)
    if status == DONE:
        return 0
    if owner not in (None, galera_state.read_cluster(root)['self']):
        sys.stderr.write('took step %s over from %s, which is given time to notice\n' % (name, owner))
        time.sleep(GRACE)
        held(root, name, generation, token)
    prepare()
    sys.stderr.write('at step %s\n' % name)
    status, last = watched(command, Watch(root, name, generation, token).look)
    if status == LATER:
        raise Later(last)
    if status != 0:
        sys.stderr.write('%s ended with status %d: the journal says more\n' % (' '.join(command[:8]), status))
        return 1 if status < 0 else status
    record(root, name, generation, token)
    return 0


def schema(root, name, generation, database, command):
    # In this order: who makes the database has written the row before.
    there = tables(root, database)
    if there and not rows(root, name):
        raise Halt('the database %s has %d tables, and nobody has noted making it: drop it, or keep them elsewhere'
                   % (database, there))

    def prepare():
        if any(state == 'done' for _, state in rows(root, name)):
            return
        with sql.Connection(root, timeout=300.0) as connection:
            if there:
                sys.stderr.write('dropping the %d tables that an unfinished first run left in %s\n' % (there, database))
            connection.query('DROP DATABASE IF EXISTS `%s`' % plain(database))
            connection.query('CREATE DATABASE `%s` CHARACTER SET utf8 COLLATE utf8_general_ci' % plain(database))
    return once(root, name, generation, prepare, command)


def plain(name):
    if not name or not all(letter.isalnum() or letter == '_' for letter in name):
        raise ValueError('not the name of a database: %r' % name)
    return name


def tables(root, database):
    with sql.Connection(root, timeout=30.0) as connection:
        connection.query('SET SESSION wsrep_sync_wait = 1')
        return int(connection.query('SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s'
                                    % sql.quote(database))[0][0])


def rows(root, name):
    """(generation, state) of every time that the step was claimed."""
    with sql.Connection(root, timeout=30.0) as connection:
        try:
            connection.query('SET SESSION wsrep_sync_wait = 1')
            return [(int(row[0]), row[1]) for row in connection.query(
                'SELECT generation, state FROM stackseed.step WHERE name = %s' % sql.quote(name))]
        except sql.Failed as error:
            if error.code in sql.NO_SUCH:
                return []
            raise


def watched(command, look):
    """The status and the last line of a command that is killed, with all that it started, when look() raises."""
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True)
    # Whatever it leaves running keeps the pipe open.
    last = ['']
    teller = threading.Thread(target=tell, args=(running.stdout, last), daemon=True)
    teller.start()
    try:
        while True:
            try:
                status = running.wait(LOOK)
                teller.join(1)
                return status, last[0]
            except subprocess.TimeoutExpired:
                look()
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def tell(output, last):
    """Passes on what a command says, so that it is told from what the step says."""
    for line in iter(output.readline, b''):
        last[0] = line.decode('utf-8', 'replace').rstrip()
        sys.stderr.write('| %s\n' % last[0])


class Lost(Later):
    """The step is another controller's."""


class Watch:
    """Looks whether a step is still this host's. On a busy machine a look may fail without saying anything."""

    def __init__(self, *which):
        self.which, self.sure = which, time.monotonic()

    def look(self):
        try:
            held(*self.which)
            self.sure = time.monotonic()
        except Lost:
            raise
        except Later:
            if time.monotonic() - self.sure > UNSURE:
                raise


def held(root, name, generation, token):
    if ask(root, 'check', name, generation, token)[0] != OK:
        raise Lost('another controller has taken step %s over' % name)


def record(root, name, generation, token):
    for _ in range(RECORD):
        try:
            if ask(root, 'done', name, generation, token)[0] != OK:
                raise Lost('another controller has taken step %s over' % name)
            return
        except Lost:
            raise
        except Later as error:
            last = error
            time.sleep(LOOK)
    raise last


def read_state(root, name, generation):
    """(owner, state) of the step: (None, 'none') where nobody has claimed it."""
    words = ask(root, 'state', name, generation)[1].split()
    return (words[0], words[1]) if len(words) == 2 else (None, 'none')


def ask(root, *words):
    """(status, what it printed) of a verb of step.py, without a process of its own: on a busy machine that alone takes
    seconds. Later where it cannot tell."""
    told, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(said):
        status = step.main([str(word) for word in words])
    if status not in (OK, LOST, DONE):
        why = said.getvalue().strip().splitlines()
        raise Later('for the database: %s' % (why[-1] if why else 'step.py ended with %d' % status))
    return status, told.getvalue().strip()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

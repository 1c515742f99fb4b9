"""Things that happen once in the whole cluster: the table stackseed.step in the database says whose turn it
is and what is done. Only while this controller serves.

    step.py claim NAME GENERATION         0: it is this host's to do; prints the token. 3: it is done.
                                          75: somebody else is at it, or nobody can tell now
    step.py check NAME GENERATION TOKEN   0: still this host's. 1: it was taken over: stop
    step.py done  NAME GENERATION TOKEN   0: recorded as done. 1: it was taken over
    step.py state NAME GENERATION         prints `none`, `OWNER begun` or `OWNER done`

A claim is an INSERT of a primary key, which succeeds on one controller of the cluster alone. One that was
not finished is taken over when its owner left the Primary component or has booted since; the new token
fences off the old owner. stderr says why where the status is 75.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import galera_live  # noqa: E402
import galera_state  # noqa: E402
import sql  # noqa: E402

TABLE = """CREATE TABLE IF NOT EXISTS stackseed.step (
  name VARCHAR(64) CHARACTER SET ascii NOT NULL,
  generation BIGINT NOT NULL,
  owner VARCHAR(64) CHARACTER SET ascii NOT NULL,
  boot CHAR(36) CHARACTER SET ascii NOT NULL,
  token CHAR(32) CHARACTER SET ascii NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (name, generation)) ENGINE=InnoDB"""

OK, LOST, DONE, LATER = 0, 1, 3, 75
# What the server says when another controller committed to the same row first.
CONFLICTS = (1205, 1213, sql.DUPLICATE)
TRIES = 5


class Later(Exception):
    """Not now; the text says why."""


def main(arguments):
    verbs = {'claim': (claim, 2), 'check': (check, 3), 'done': (done, 3), 'state': (state, 2)}
    verb, count = verbs.get(arguments[0] if arguments else '', (None, 0))
    if verb is None or len(arguments) != count + 1 or not arguments[2].isdigit():
        sys.stderr.write(__doc__)
        return 2
    root = os.environ.get('ROOT', '')
    try:
        with Steps(root) as steps:
            return verb(steps, arguments[1], int(arguments[2]), *arguments[3:])
    except (Later, galera_state.Unreadable, sql.Failed, OSError) as error:
        sys.stderr.write('%s\n' % error)
        return LATER
    except ValueError as error:
        sys.stderr.write('%s\n' % error)
        return 2


class Steps:
    """The table, through a connection on which this host serves."""

    def __init__(self, root):
        self.root = root
        self.boot = galera_state.boot_id(root)
        self.host = galera_state.read_cluster(root)['self']
        self.record = galera_state.read(root)
        if self.record is None:
            raise Later('the database is not set up yet')
        try:
            self.connection = sql.Connection(root, timeout=10.0)
        except (sql.Failed, OSError) as error:
            raise Later('MariaDB does not answer: %s' % error)
        self.must_serve()
        # What another controller has committed is seen here from now on.
        self.connection.query('SET SESSION wsrep_sync_wait = 1')
        self.need('step', TABLE)

    def need(self, name, text):
        """Makes a table that is not there. To ask first spares all controllers a statement that each has to execute."""
        if not self.connection.query('SHOW TABLES FROM stackseed LIKE %s' % sql.quote(name)):
            self.connection.query(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def must_serve(self):
        serves, why, _ = galera_live.serving(self.root, self.record, self.connection)
        if not serves:
            raise Later('the database does not serve: %s' % why)

    def read(self, name, generation):
        """(owner, boot, token, state), or None."""
        rows = self.connection.query('SELECT owner, boot, token, state FROM stackseed.step WHERE %s'
                                     % where(name, generation))
        return tuple(rows[0]) if rows else None

    def write(self, text):
        """How many rows were changed; 0 when another controller was first."""
        try:
            return self.connection.run(text)
        except sql.Failed as error:
            if error.code in CONFLICTS:
                return 0
            raise

    def may_take_over(self, owner, boot):
        live = galera_live.look_inside(self.root, self.record['history'], self.connection)
        rows = galera_live.read_rows(self.connection) or {}
        return owner not in galera_live.present(self.root, rows, live) or rows[owner][1] != boot


def where(name, generation, token=None):
    text = 'name = %s AND generation = %d' % (sql.quote(name), generation)
    return text if token is None else '%s AND token = %s' % (text, sql.quote(token))


def claim(steps, name, generation):
    for _ in range(TRIES):
        found = steps.read(name, generation)
        token = os.urandom(16).hex()
        mine = (sql.quote(steps.host), sql.quote(steps.boot), sql.quote(token), int(time.time()))
        if found is None:
            steps.write('INSERT INTO stackseed.step (owner, boot, token, since, name, generation, state) '
                        "VALUES (%s, %s, %s, %d, %s, %d, 'begun')" % (mine + (sql.quote(name), generation)))
            continue
        owner, boot, held, state_ = found
        if state_ == 'done':
            return DONE
        if (owner, boot) == (steps.host, steps.boot):
            steps.must_serve()
            print(held)
            return OK
        if not steps.may_take_over(owner, boot):
            raise Later('%s is at step %s' % (owner, name))
        steps.write("UPDATE stackseed.step SET owner = %s, boot = %s, token = %s, since = %d "
                    "WHERE state = 'begun' AND %s" % (mine + (where(name, generation, held),)))
    raise Later('others are at step %s' % name)


def check(steps, name, generation, token):
    found = steps.read(name, generation)
    return OK if found and found[2] == token else LOST


def done(steps, name, generation, token):
    for _ in range(TRIES):
        found = steps.read(name, generation)
        if not found or found[2] != token:
            return LOST
        if found[3] == 'done':
            return OK
        steps.write("UPDATE stackseed.step SET state = 'done', since = %d WHERE %s"
                    % (int(time.time()), where(name, generation, token)))
    raise Later('cannot record that step %s is done' % name)


def state(steps, name, generation):
    found = steps.read(name, generation)
    print('%s %s' % (found[0], found[3]) if found else 'none')
    return OK


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

"""Gives hosts their turn to take a new seed: one controller at a time, and few of the others. Reads
/etc/stackseed/{turn,cluster}.json and turn.key; whose turn it is lies in the table stackseed.turn of the database, so that
all controllers say the same.

    turn.py answer      one signed question on the socket that is the standard input
    turn.py show        prints who has a turn, and why nobody else gets one
    turn.py free HOST   takes HOST's turn away: it is gone for good, or its seed is to be left as it is

A host claims a turn, begins to take its seed, and is done once it is healthy with it. One that has begun and is not done in
the time that it named, or says that it failed, keeps its turn: nobody gets another one until it is healthy after all, has
taken a newer seed and is healthy with that, or is freed. A claim that nobody begins is free again after OFFER seconds, so a
question that was recorded and sent again holds nobody up; `begin`, `done` and `failed` need the token of the answer.
"""
import os
import re
import socket
import sys
import time
from time import monotonic

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import answer  # noqa: E402
import frames  # noqa: E402
import galera_live  # noqa: E402
import galera_state  # noqa: E402
import sql  # noqa: E402
import step  # noqa: E402

TABLE = """CREATE TABLE IF NOT EXISTS stackseed.turn (
  slot INT NOT NULL PRIMARY KEY,
  host VARCHAR(63) CHARACTER SET ascii NOT NULL,
  token CHAR(32) CHARACTER SET ascii NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii NOT NULL,
  until BIGINT NOT NULL) ENGINE=InnoDB"""

# Controllers have slot 0 among themselves; the others those from 1 on.
CONTROLLERS = 0
# Seconds to begin in, for the whole question, and the longest that a host may name.
OFFER = 60
QUESTION = 5
LONGEST = 86400
TOKEN = re.compile('[0-9a-f]{32}\\Z')


class Wait(Exception):
    """No turn now; the text says why."""


class Row:
    """One turn: state is offered, begun, failed or done."""

    def __init__(self, slot, host, token, state, until):
        self.slot, self.host, self.token, self.state, self.until = int(slot), host, token, state, int(until)

    def is_free(self, now):
        return self.state == 'done' or (self.state == 'offered' and self.until < now)

    def holds_up(self, now):
        return self.state == 'failed' or (self.state == 'begun' and self.until < now)


def decide(rows, now, host, slots):
    """(slot, row or None) that `host` may have: its own, or one that is free. Raises Wait."""
    for row in rows:
        if row.host == host and not row.is_free(now):
            return row.slot, row
    for row in rows:
        if row.holds_up(now):
            raise Wait('%s has taken a new seed and is not healthy with it' % row.host)
    known = {row.slot: row for row in rows}
    for slot in slots:
        if slot not in known or known[slot].is_free(now):
            return slot, known.get(slot)
    holders = sorted(known[slot].host for slot in slots)
    raise Wait('it is the turn of %s' % ', '.join(holders))


class Turns:
    """The table, on a controller that serves."""

    def __init__(self, root):
        self.root = root
        self.steps = step.Steps(root)
        self.steps.need('turn', TABLE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.steps.connection.close()

    def rows(self):
        found = self.steps.connection.query('SELECT slot, host, token, state, until FROM stackseed.turn ORDER BY slot')
        return [Row(*row) for row in found]

    def claim(self, host):
        """A token. Raises Wait."""
        for _ in range(step.TRIES):
            now = int(time.time())
            slot, row = decide(self.rows(), now, host, self.slots(host))
            if row is not None and row.host == host and not row.is_free(now):
                return row.token
            self.others_are_there(host)
            token = os.urandom(16).hex()
            mine = (sql.quote(host), sql.quote(token), now + OFFER)
            if row is None:
                changed = self.steps.write("INSERT INTO stackseed.turn (host, token, state, until, slot) "
                                           "VALUES (%s, %s, 'offered', %d, %d)" % (mine + (slot,)))
            else:
                changed = self.steps.write("UPDATE stackseed.turn SET host = %s, token = %s, state = 'offered', until = %d "
                                           "WHERE slot = %d AND token = %s" % (mine + (slot, sql.quote(row.token))))
            if changed:
                return token
        raise Wait('others were given their turn at the same moment')

    def slots(self, host):
        if host in self.controllers():
            return [CONTROLLERS]
        return list(range(1, 1 + settings(self.root)['together']))

    def controllers(self):
        return [one['name'] for one in galera_state.read_cluster(self.root)['controllers']]

    def others_are_there(self, host):
        """A controller may leave for a moment only while all others are in the database's cluster."""
        if host not in self.controllers():
            return
        live = galera_live.look_inside(self.root, self.steps.record['history'], self.steps.connection)
        rows = galera_live.read_rows(self.steps.connection) or {}
        away = set(self.controllers()) - set(galera_live.present(self.root, rows, live)) - {host}
        if away:
            raise Wait('%s is not in the cluster of the database' % ', '.join(sorted(away)))

    def change(self, host, token, state, seconds):
        """Raises Wait where it is not, or no more, that host's turn."""
        until = int(time.time()) + seconds
        for _ in range(step.TRIES):
            rows = [row for row in self.rows() if (row.host, row.token) == (host, token) and row.state != 'done']
            if not rows:
                raise Wait('it is not the turn of %s any more' % host)
            if self.steps.write("UPDATE stackseed.turn SET state = %s, until = %d WHERE slot = %d AND token = %s AND state = %s"
                                % (sql.quote(state), until, rows[0].slot, sql.quote(token), sql.quote(rows[0].state))):
                return
            # The same values as before change no row.
            if (rows[0].state, rows[0].until) == (state, until):
                return
        raise Wait('others are at it at the same moment')


def settings(root):
    found = answer.read_json(root + '/etc/stackseed/turn.json')
    if found is None:
        raise OSError('no /etc/stackseed/turn.json')
    return found


# ---- questions

def judge(root, host, want):
    """{verdict: go or wait, token, why} for what a host wants."""
    try:
        with Turns(root) as turns:
            if want['act'] == 'claim':
                return {'verdict': 'go', 'token': turns.claim(host), 'why': ''}
            state = {'begin': 'begun'}.get(want['act'], want['act'])
            turns.change(host, want['token'], state, want['seconds'])
            return {'verdict': 'go', 'token': want['token'], 'why': ''}
    except (Wait, step.Later, galera_state.Unreadable, sql.Failed, OSError) as error:
        return {'verdict': 'wait', 'token': '', 'why': str(error)}


def check(root, line, sent):
    """(request, key); BadMessage when it deserves no answer."""
    for key in frames.read_keys(root + '/etc/stackseed/turn.key'):
        if frames.verify(frames.REQUEST, key, line, sent):
            break
    else:
        raise frames.BadMessage('the signature is not right')
    request = frames.decode(line)
    want = request.get('want')
    if not answer.matches(answer.HOST, request.get('from')) or request.get('to') != settings(root)['host']:
        raise frames.BadMessage('it is not for this host')
    if not answer.matches(answer.NONCE, request.get('nonce')) or not isinstance(want, dict):
        raise frames.BadMessage('parts of the request are missing')
    seconds = want.get('seconds')
    if want.get('act') not in ('claim', 'begin', 'done', 'failed') or type(seconds) is not int or not 0 <= seconds <= LONGEST:
        raise frames.BadMessage('not a wish of ours')
    if want['act'] != 'claim' and not answer.matches(TOKEN, want.get('token')):
        raise frames.BadMessage('not a token')
    return request, key


def reply(root, connection):
    try:
        line, sent = frames.receive(connection, frames.REQUEST, monotonic() + QUESTION)
        request, key = check(root, line, sent)
        told = judge(root, request['from'], request['want'])
        connection.settimeout(QUESTION)
        connection.sendall(frames.pack(frames.ANSWER, key, {
            'v': 1, 'nonce': request['nonce'], 'host': request['to'], 'boot': '', 'sections': {'turn': told}}))
        if told['verdict'] == 'go':
            sys.stderr.write('%s: %s\n' % (request['from'], request['want']['act']))
    except (frames.BadMessage, OSError) as error:
        if str(error) != 'ended after 0 bytes':
            sys.stderr.write('no answer to %s: %s\n' % (answer.peer_of(connection), error))
    return 0


# ---- for operators

def show(root):
    with Turns(root) as turns:
        now = int(time.time())
        lines = [words(row, now) for row in turns.rows() if not row.is_free(now)]
    for line in sorted(lines):
        print(line)
    if not lines:
        print('nobody takes a new seed')
    return 0


def words(row, now):
    if row.holds_up(now):
        return '%s has taken a new seed and is not healthy with it: no other host takes one until it is' % row.host
    return '%s has its turn to take a new seed' % row.host


def free(root, host):
    with Turns(root) as turns:
        rows = [row for row in turns.rows() if row.host == host and row.state != 'done']
        for row in rows:
            turns.change(host, row.token, 'done', 0)
    if not rows:
        sys.stderr.write('%s has no turn\n' % host)
        return 1
    print('%s has no turn any more' % host)
    return 0


def main(arguments):
    root = os.environ.get('ROOT', '')
    verbs = {'answer': (answer_one, 0), 'show': (show, 0), 'free': (free, 1)}
    verb, count = verbs.get(arguments[0] if arguments else '', (None, 0))
    if verb is None or len(arguments) != count + 1:
        sys.stderr.write(__doc__)
        return 2
    try:
        return verb(root, *arguments[1:])
    except (Wait, step.Later, galera_state.Unreadable, sql.Failed, OSError) as error:
        sys.stderr.write('%s\n' % error)
        return 1


def answer_one(root):
    with socket.socket(fileno=os.dup(0)) as connection:
        return reply(root, connection)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

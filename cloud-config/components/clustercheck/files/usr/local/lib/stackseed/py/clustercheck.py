"""Answers HTTP on the socket that systemd hands over: 200 while the database of this controller may be
used, 503 when not, each with one line of why. See galera_live.serving() for what that means.

A database whose disk is full takes no row, though Galera finds nothing wrong with it. So the gate is closed while
there is next to no room, as long as another controller says on /room that its database is open and has some: when
all are full, reading goes on.

Reads the record of the database and asks MariaDB; changes nothing. One question to MariaDB serves all who
ask within a fifth of a second, and none waits longer than half a second for it.
"""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Seconds.
FRESH, MARIADB, REQUEST = 0.2, 0.5, 0.3
LISTEN = 3
PORT = 9200
# Bytes of the disk of the database: fewer are next to no room, and from so many on there is room again.
LEAST, ENOUGH = 64 << 20, 128 << 20


class Gate:
    """The state of the gate, and the connection that it is read through."""

    def __init__(self, root):
        self.root = root
        self.connection = None
        self.until = 0.0
        self.state = (False, '')
        self.full = False

    def look(self):
        """(open, why), at most FRESH seconds old."""
        if time.monotonic() >= self.until:
            state = self.ask()
            if state[0] != self.state[0]:
                sys.stderr.write('%s: %s\n' % ('open' if state[0] else 'closed', state[1]))
                sys.stderr.flush()
            self.state, self.until = state, time.monotonic() + FRESH
        return self.state

    def ask(self):
        # Another component lays these; until then there is no database to be used.
        try:
            import galera_live
            import galera_state
            import sql
        except ImportError:
            return False, 'the database is not set up yet'
        try:
            record = galera_state.read(self.root)
            if record is None:
                return False, 'the database is not set up yet'
            if self.connection is None:
                self.connection = sql.Connection(self.root, timeout=MARIADB)
            is_open, why = galera_live.serving(self.root, record, self.connection)[:2]
            self.full = is_full(self.root + galera_state.HOME, self.full)
            other = with_room(galera_state.read_cluster(self.root)) if is_open and self.full else None
            return (False, 'the disk is full; %s has room' % other) if other else (is_open, why)
        except galera_state.Unreadable as error:
            return False, str(error)
        except (sql.Failed, OSError, ValueError) as error:
            if self.connection is not None:
                self.connection.close()
                self.connection = None
            return False, 'MariaDB does not answer: %s' % error


def is_full(folder, before):
    """Whether there is next to no room; once there was, it takes more than a little to change that."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize < (ENOUGH if before else LEAST)


def with_room(cluster):
    """Name of a controller whose database is open and has room, or None."""
    for each in cluster['controllers']:
        if each['name'] != cluster['self'] and says_room(each['address']):
            return each['name']
    return None


def says_room(address):
    try:
        with socket.create_connection((address, PORT), REQUEST) as connection:
            connection.sendall(b'GET /room HTTP/1.0\r\n\r\n')
            return connection.recv(64).startswith(b'HTTP/1.0 200 ')
    except OSError:
        return False


def answer(connection, gate):
    """One question: about room, or, whatever it is, whether the database may be used."""
    with connection:
        connection.settimeout(REQUEST)
        try:
            asked = connection.recv(4096)
            is_open, why = gate.look()
            if gate.full and asked.startswith(b'GET /room '):
                is_open, why = False, 'the disk is full'
            line = (why + '\n').encode('ascii', 'replace')
            head = 'HTTP/1.0 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' % (
                '200 OK' if is_open else '503 Service Unavailable', len(line))
            connection.sendall(head.encode() + line)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            # Who asked has gone.
            pass


def main():
    gate = Gate(os.environ.get('ROOT', ''))
    listening = socket.fromfd(LISTEN, socket.AF_INET, socket.SOCK_STREAM)
    while True:
        connection, _ = listening.accept()
        answer(connection, gate)


if __name__ == '__main__':
    main()

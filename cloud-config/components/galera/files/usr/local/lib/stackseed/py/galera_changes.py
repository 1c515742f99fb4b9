"""What a member and its donor tell each other before the changes that it missed are sent (IST), in the place of
MariaDB's script for full copies, which takes seconds of work on both sides to say the same. Run by
wsrep_sst_stackseed as MariaDB's user, with the arguments that MariaDB gives such a script.

    receive ARGUMENT...   prints `ready HOST:PORT/stackseed/NONCE/1`, and the donor's position when it has come.
                          Status 1 when the donor has only a full copy: here are data. `refused` beside the other
                          files in /run says so to the join loop
    send ARGUMENT...      to such an address. With --bypass the changes follow; else there is only a full copy,
                          which is told, and ends with status 1

One line goes each way, over TLS with the certificates of the database on both sides: `NONCE POSITION` or `NONCE -`,
and `taken`. Who comes without this nonce was asked by an earlier start, and is not listened to. The lines on
stdout are those that MariaDB reads (sql/wsrep_sst.cc).
"""
import os
import socket
import ssl
import sys
import time

FOLDER = '/etc/mysql/stackseed'
REFUSED = '/run/stackseed/galera/refused'
MODULE = 'stackseed'
# Seconds: until the donor has come, and for either side to be there and to say its line.
DONOR, REACH, LINE = 300, 30, 10


def option(arguments, name):
    return arguments[arguments.index(name) + 1] if name in arguments else ''


def receive(root, arguments):
    host, port = option(arguments, '--address').split('/')[0].rsplit(':', 1)
    parent = int(option(arguments, '--parent') or os.getppid())
    nonce = os.urandom(16).hex()
    context = tls(root, ssl.Purpose.CLIENT_AUTH)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, int(port)))
        listening.listen(8)
        listening.settimeout(1)
        tell('ready %s:%s/%s/%s/1' % (host, port, MODULE, nonce))
        position = await_donor(listening, context, nonce, parent)
    if position is None:
        return 32
    if position == '-':
        sys.stderr.write('a full copy is refused: there are data here\n')
        with open(root + REFUSED, 'w') as file:
            file.write('full copy\n')
        return 1
    tell(position)
    return 0


def await_donor(listening, context, nonce, parent):
    """The donor's position, '-' for a full copy, None when nobody came or MariaDB has ended."""
    end = time.monotonic() + DONOR
    while time.monotonic() < end and is_alive(parent):
        try:
            plain, _ = listening.accept()
        except socket.timeout:
            continue
        try:
            position = take(plain, context, nonce)
        except (OSError, ValueError) as error:
            sys.stderr.write('who came said nothing that counts: %s\n' % error)
            continue
        if position is not None:
            return position
    sys.stderr.write('no donor came\n')
    return None


def take(plain, context, nonce):
    with plain:
        plain.settimeout(LINE)
        with context.wrap_socket(plain, server_side=True) as secure:
            said, _, position = read_line(secure).partition(' ')
            if said != nonce:
                sys.stderr.write('a donor of an earlier start came\n')
                return None
            secure.sendall(b'taken\n')
            return position


def send(root, arguments):
    place, _, nonce, _ = option(arguments, '--address').split('/')
    host, port = place.rsplit(':', 1)
    bypass = '--bypass' in arguments
    # Only MariaDB has domains.
    position = ('%s %s' % (option(arguments, '--gtid'), option(arguments, '--gtid-domain-id'))).strip()
    if bypass:
        # The donor goes on meanwhile.
        tell('continue')
    if not deliver(root, (host, int(port)), '%s %s\n' % (nonce, position if bypass else '-')):
        sys.stderr.write('%s does not take it\n' % place)
        return 32
    if not bypass:
        sys.stderr.write('%s takes no full copy\n' % place)
        return 1
    tell('done %s' % option(arguments, '--gtid'))
    return 0


def deliver(root, place, line):
    context = tls(root, ssl.Purpose.SERVER_AUTH)
    end = time.monotonic() + REACH
    while time.monotonic() < end:
        try:
            with socket.create_connection(place, LINE) as plain:
                with context.wrap_socket(plain, server_hostname=place[0]) as secure:
                    secure.sendall(line.encode('ascii'))
                    return read_line(secure) == 'taken'
        except ssl.SSLError:
            raise
        except ValueError:
            # It waits for somebody else.
            return False
        except OSError:
            time.sleep(0.2)
    return False


def tls(root, purpose):
    context = ssl.create_default_context(purpose, cafile='%s%s/ca.crt' % (root, FOLDER))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain('%s%s/galera.crt' % (root, FOLDER), '%s%s/galera.key' % (root, FOLDER))
    return context


def read_line(secure):
    """ValueError for what is no short line of ASCII."""
    said = b''
    while not said.endswith(b'\n'):
        more = secure.recv(256)
        if not more or len(said) > 256:
            raise ValueError('no whole line')
        said += more
    return said.decode('ascii').rstrip('\n')


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def tell(line):
    sys.stdout.write(line + '\n')
    sys.stdout.flush()


if __name__ == '__main__':
    sys.exit({'receive': receive, 'send': send}[sys.argv[1]](os.environ.get('ROOT', ''), sys.argv[2:]))

"""Makes the account of the service NAME in the message queue where it is missing or has another password.

    openstack_broker.py NAME

/etc/stackseed/openstack/NAME.broker has the account and, below it, the password. Whether it is right is tried by
logging in, which is cheap; rabbitmqctl takes a second of work each time. Status 75: not yet; the last line of stderr
says why.
"""
import os
import socket
import ssl
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import openstack_account  # noqa: E402
import rabbitmq_daemon  # noqa: E402
import rabbitmq_live  # noqa: E402
import rabbitmq_state  # noqa: E402

LATER = 75
TIMEOUT = 15.0
# On a busy machine rabbitmqctl alone may need minutes.
SLOW = 300
START, START_OK, TUNE, TUNE_OK = (10, 10), (10, 11), (10, 30), (10, 31)
OPEN, OPEN_OK, CLOSE = (10, 40), (10, 41), (10, 50)
# What the broker says of a wrong name or password, and of a virtual host that is not open to it.
REFUSED = (403, 530)

# The node reads the password itself, so that it is in no argument. No backslash and no dollar: rabbitmqctl is a
# shell script, and passes them on changed. Releases differ in the number of arguments.
MAKE = (
    '{ok, Password} = file:read_file("%(path)s"), User = <<"%(name)s">>, '
    'Backend = rabbit_auth_backend_internal, code:ensure_loaded(Backend), '
    'New = erlang:function_exported(Backend, set_permissions, 6), '
    'Known = case Backend:lookup_user(User) of {ok, _} -> true; _ -> false end, '
    'case {Known, New} of '
    '{true, true} -> Backend:change_password(User, Password, <<"stackseed">>); '
    '{true, false} -> Backend:change_password(User, Password); '
    '{false, true} -> Backend:add_user(User, Password, <<"stackseed">>); '
    '{false, false} -> Backend:add_user(User, Password) end, '
    'All = <<".*">>, case New of '
    'true -> Backend:set_permissions(User, <<"/">>, All, All, All, <<"stackseed">>); '
    'false -> Backend:set_permissions(User, <<"/">>, All, All, All) end.')


def main(arguments):
    if len(arguments) != 1 or not all(letter.isalnum() or letter == '-' for letter in arguments[0]):
        sys.stderr.write(__doc__)
        return 2
    root = os.environ.get('ROOT', '')
    try:
        name, password = openstack_account.read(root, arguments[0], 'broker')
        if not allowed(root, name, password):
            sys.stderr.write('makes the account %s of the message queue\n' % name)
            make(root, name, password)
            if not allowed(root, name, password):
                raise rabbitmq_daemon.Broken('%s may not log in yet' % name)
    except (ConnectionRefusedError, FileNotFoundError):
        sys.stderr.write('for the message queue, which takes no clients on this host yet\n')
        return LATER
    except (rabbitmq_daemon.Broken, OSError, ValueError) as error:
        sys.stderr.write('for the message queue: %s\n' % error)
        return LATER
    return 0


def make(root, name, password):
    """By a file that the node alone can read, for as long as it takes."""
    path = '%s%s/openstack-%s.password' % (root, rabbitmq_state.RUN, name)
    home = os.stat(root + rabbitmq_state.HOME)
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        os.makedirs(folder, 0o755)
    if os.path.lexists(path):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with open(descriptor, 'w') as file:
            os.fchown(descriptor, home.st_uid, home.st_gid)
            file.write(password)
        status, said = rabbitmq_daemon.command('rabbitmqctl', '-q', 'eval', MAKE % {'path': path, 'name': name},
                                               timeout=SLOW)
        if status != 0:
            raise rabbitmq_daemon.Broken(rabbitmq_daemon.complaint(said) or 'rabbitmqctl ended with %d' % status)
    finally:
        os.unlink(path)


def allowed(root, name, password):
    """Whether the broker on this host lets it in. OSError when there is no broker that could say so."""
    context = ssl.create_default_context(cafile=root + '/etc/rabbitmq/stackseed/ca.crt')
    address = rabbitmq_state.config(root)['address']
    with socket.create_connection((address, rabbitmq_live.PORT), TIMEOUT) as plain:
        with context.wrap_socket(plain, server_hostname=rabbitmq_state.read_cluster(root)['self']) as connection:
            connection.settimeout(TIMEOUT)
            return log_in(connection, name, password)


def log_in(connection, name, password):
    """AMQP 0-9-1 up to an open virtual host, without a channel."""
    connection.sendall(b'AMQP\x00\x00\x09\x01')
    expect(connection, START)
    features = pair('capabilities', b'F' + long_text(pair('authentication_failure_close', b't\x01')))
    send(connection, START_OK, long_text(features) + short_text('PLAIN')
         + long_text(('\0%s\0%s' % (name, password)).encode()) + short_text('en_US'))
    if not expect(connection, TUNE):
        return False
    send(connection, TUNE_OK, struct.pack('>HIH', 1, 4096, 0))
    send(connection, OPEN, short_text('/') + short_text('') + b'\0')
    if not expect(connection, OPEN_OK):
        return False
    send(connection, CLOSE, struct.pack('>H', 200) + short_text('') + struct.pack('>HH', 0, 0))
    return True


def expect(connection, method):
    """True when the broker sends that, False when it refuses."""
    kind, _, size = struct.unpack('>BHI', take(connection, 7))
    payload = take(connection, size + 1)[:-1]
    found = struct.unpack('>HH', payload[:4]) if kind == 1 and size >= 4 else None
    if found == method:
        return True
    if found == CLOSE and struct.unpack('>H', payload[4:6])[0] in REFUSED:
        return False
    raise OSError('it does not answer as expected')


def take(connection, size):
    taken = b''
    while len(taken) < size:
        more = connection.recv(size - len(taken))
        if not more:
            raise OSError('it closed the connection')
        taken += more
    return taken


def send(connection, method, arguments):
    payload = struct.pack('>HH', *method) + arguments
    connection.sendall(struct.pack('>BHI', 1, 0, len(payload)) + payload + b'\xce')


def short_text(text):
    return bytes([len(text)]) + text.encode()


def long_text(text):
    return struct.pack('>I', len(text)) + text


def pair(name, value):
    return short_text(name) + value


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

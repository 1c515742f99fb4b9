"""Row `memcached` of the doctor: the one of each controller answers. Asks them all."""
import socket

import doctor

PORT, SECONDS = 11211, 3.0


def rows(view):
    found = {name: trouble(view.addresses[name]) for name in view.names}
    problems = ['%s: %s' % (name, found[name]) for name in view.names if found[name]]
    return [doctor.row('shared', 'memcached', '%s answer' % doctor.listed(view.names), problems)]


def trouble(address):
    """Why there is no answer; None when there is one."""
    try:
        with socket.create_connection((address, PORT), SECONDS) as connection:
            connection.settimeout(SECONDS)
            connection.sendall(b'version\r\n')
            said = connection.recv(64)
    except OSError as error:
        return error.strerror or str(error)
    return None if said.startswith(b'VERSION ') else 'something else answers'

"""The datadir at rest: emptied, made anew, and the position that is in it. mariadbd must not run."""
import os
import pwd
import re
import shutil
import subprocess

import durable
import galera_live
import galera_state

OPTIONS = '--defaults-extra-file=/etc/mysql/stackseed/galera.cnf'
RECOVERED = re.compile(r'WSREP: Recovered position:\s*([0-9a-f-]{36}):(-?[0-9]+)')
UNDEFINED = '00000000-0000-0000-0000-000000000000'


class Broken(Exception):
    """A program did not do its work; the text says which and why."""


def owner():
    entry = pwd.getpwnam('mysql')
    return entry.pw_uid, entry.pw_gid


def empty(root):
    """Nothing is left in the datadir, on disk too. Only for a host whose record is not MEMBER."""
    if galera_state.read(root)['state'] == 'MEMBER':
        raise Broken('the record is MEMBER: its data are kept')
    remove(root, galera_state.DATA)
    data = root + galera_state.DATA
    os.mkdir(data, 0o700)
    os.chown(data, *owner())
    durable.sync_folder(data)
    durable.sync_folder(root + galera_state.HOME)


def remove(root, path):
    """A folder of data and all that is in it; small things first, so that it is never taken for whole."""
    grastate = root + path + '/grastate.dat'
    if os.path.exists(grastate):
        os.unlink(grastate)
    if os.path.isdir(root + path):
        shutil.rmtree(root + path)
    durable.sync_folder(root + galera_state.HOME)


def keep(root):
    """Puts the copy of a member aside, and an empty datadir in its place."""
    os.rename(root + galera_state.DATA, root + galera_state.KEPT)
    durable.sync_folder(root + galera_state.HOME)
    empty(root)


def restore(root):
    """Puts the copy that was kept aside back, where it is not there still."""
    if os.path.isdir(root + galera_state.KEPT):
        remove(root, galera_state.DATA)
        os.rename(root + galera_state.KEPT, root + galera_state.DATA)
        durable.sync_folder(root + galera_state.HOME)


def make(root, history):
    """A new, empty database at position 0 of a history, all of it on disk.

    Without the host's configuration, which would have Galera start; accounts are known by the socket.
    """
    empty(root)
    data = galera_state.DATA
    if os.path.exists(root + '/usr/bin/mariadb-install-db'):
        run(['mariadb-install-db', '--no-defaults', '--user=mysql', '--datadir=' + data, '--skip-test-db',
             '--auth-root-authentication-method=socket', '--rpm'])
    else:
        run(['mysql_install_db', '--no-defaults', '--user=mysql', '--datadir=' + data, '--rpm'])
        run(['mysqld', '--no-defaults', '--user=mysql', '--datadir=' + data, '--bootstrap',
             '--plugin-load=auth_socket.so'], OLD_ACCOUNTS)
    if not os.path.isdir(root + data + '/mysql'):
        raise Broken('no system tables in %s' % data)
    write_grastate(root, history, 0)
    run(['sync', '-f', data])


# For servers whose own script knows only passwords.
OLD_ACCOUNTS = """DELETE FROM mysql.user;
INSERT INTO mysql.plugin VALUES ('auth_socket', 'auth_socket.so');
FLUSH PRIVILEGES;
GRANT ALL ON *.* TO root@localhost IDENTIFIED WITH auth_socket WITH GRANT OPTION;
GRANT ALL ON *.* TO mysql@localhost IDENTIFIED WITH auth_socket;
"""


def write_grastate(root, history, position):
    """What Galera starts from; it may be the first of its component."""
    path = root + galera_state.DATA + '/grastate.dat'
    durable.write(path, '# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   %d\n'
                        'safe_to_bootstrap: 1\n' % (history, position), 0o660)
    os.chown(path, *owner())


def read_grastate(root):
    """The history that Galera last wrote down; None where it is not whole."""
    try:
        with open(root + galera_state.DATA + '/grastate.dat') as file:
            found = re.search(r'^uuid:\s*(\S+)$', file.read(), re.M)
    except (OSError, ValueError):
        return None
    return found and found.group(1)


def disowned(root):
    """Whether Galera has found the data here to be other than the cluster's, and so takes nothing but a full copy."""
    return read_grastate(root) == UNDEFINED


def read_position(root, record):
    """{history, position, tainted} of a MEMBER whose mariadbd does not run. Broken when it cannot be read.

    InnoDB knows it, since it is part of each commit. Before the first one, all there is is what was
    written when the database was made.
    """
    uuid, position = recover(root)
    if uuid == UNDEFINED:
        # Only what genesis made has no commit at all; Galera may have been writing grastate.dat.
        uuid = read_grastate(root) or record['history']
        position = None if record['line'] else 0
    elif position is not None and uuid != record['history'] and record['line']:
        # A recovery made a child history, and mariadbd has not come up with it yet.
        parent, fork = record['line'][0]
        if (uuid, position) == (parent, fork):
            uuid = record['history']
    tainted = uuid != record['history']
    return {'history': record['history'], 'position': None if tainted else position, 'tainted': tainted}


def recover(root):
    """(uuid, position) by --wsrep-recover; it rolls InnoDB's log forward on the way."""
    config = galera_state.config(root)
    said = run([config['daemon'], OPTIONS, '--user=mysql', '--wsrep-recover', '--disable-log-error',
                '--wsrep-cluster-address=gcomm://'])
    found = RECOVERED.findall(said)
    if not found:
        raise Broken('%s --wsrep-recover told no position: %s' % (config['daemon'], last_line(said)))
    uuid, position = found[-1]
    return uuid, galera_live.whole(position)


def run(command, text=''):
    """What a program printed. Broken, with its last error, when it fails."""
    ran = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, cwd='/')
    said = ran.communicate(text.encode())[0].decode('utf-8', 'replace')
    if ran.returncode != 0:
        raise Broken('%s ended with status %d: %s' % (command[0], ran.returncode, last_line(said)))
    return said


def last_line(said):
    """The last error in what a program said, else its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if 'ERROR' in line and 'Aborting' not in line]
    return (errors or lines or ['nothing was said'])[-1][:200]

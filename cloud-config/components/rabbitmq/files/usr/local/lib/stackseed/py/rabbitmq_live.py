"""What RabbitMQ on this host is doing now. Reads systemd's state, the kernel's listeners and the node's own
notes of who is up: no command line tool, for each of those is a second of work. Changes nothing.
"""
import hashlib
import os
import re
import socket
import ssl
import subprocess

import rabbitmq_state

PORT = 5671
# As RabbitMQ counts them.
MEGABYTE = 1000 * 1000
NODE = re.compile(r"rabbit@([A-Za-z0-9._-]+)")
# Files that RabbitMQ reads when it starts.
CONFIGURATION = ['/etc/rabbitmq/rabbitmq-env.conf', '/var/lib/rabbitmq/.erlang.cookie'] + [
    '/etc/rabbitmq/stackseed/' + name
    for name in ('ca.crt', 'links.config', 'rabbitmq.conf', 'rabbitmq.config', 'rabbitmq.crt', 'rabbitmq.key')]


def look(root, ask_it=False):
    """{running, cluster, alive, restart, room}; with ask_it RabbitMQ is spoken to, which takes up to five seconds."""
    config, name = rabbitmq_state.config(root), rabbitmq_state.read_cluster(root)['self']
    running = running_state(root, config, ask_it)
    room = has_room(root, config['disk_free'], running)
    return {
        'running': running,
        'cluster': nodes_in(root, name, 'cluster_nodes.config'),
        'alive': alive(root, name, running),
        'restart': running != 'no' and (started_with(root) != configuration(root) or was_full(root) and room),
        'room': room,
    }


def has_room(root, limit, running):
    """Whether the disk has the megabytes below which RabbitMQ takes no more messages; before it is started, half as
    many more, so that it does not come and go."""
    disk = os.statvfs(root + rabbitmq_state.HOME)
    wanted = limit * MEGABYTE if running == 'yes' else limit * MEGABYTE * 3 // 2
    return disk.f_bavail * disk.f_frsize >= wanted


def was_full(root):
    """Whether the disk was full since RabbitMQ was started: what could not write then may have ended unseen."""
    return os.path.exists(root + rabbitmq_state.RUN + '/was-full')


def running_state(root, config, ask_it):
    state = unit_state(config['unit'])
    if state == 'active':
        if not listens(root, config['address'], PORT):
            return 'paused'
        return 'yes' if not ask_it or answers(root, config['address']) else 'hung'
    # Who cannot be asked may have one.
    return 'no' if state in ('inactive', 'failed') else 'starting'


def unit_state(unit):
    """systemd's ActiveState; '' when systemd does not say."""
    try:
        said = subprocess.run(['systemctl', 'show', '-p', 'ActiveState', unit], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10).stdout
    except (OSError, subprocess.SubprocessError):
        return ''
    return said.decode('ascii', 'replace').strip().replace('ActiveState=', '', 1)


def listens(root, address, port):
    """Whether the kernel has a listener there. Connecting would be a line in RabbitMQ's log each time."""
    packed = socket.inet_aton(address)
    wanted = '%s:%04X' % (packed[::-1].hex().upper(), port)
    with open(root + '/proc/net/tcp') as file:
        return any(line.split()[1] == wanted and line.split()[3] == '0A' for line in file.readlines()[1:])


def answers(root, address, timeout=5.0):
    """Whether it says hello as AMQP does, over TLS with a certificate of the fleet."""
    context = ssl.create_default_context(cafile=root + '/etc/rabbitmq/stackseed/ca.crt')
    try:
        with socket.create_connection((address, PORT), timeout) as plain:
            with context.wrap_socket(plain, server_hostname=rabbitmq_state.read_cluster(root)['self']) as secure:
                secure.settimeout(timeout)
                secure.sendall(b'AMQP\x00\x00\x09\x01')
                # A frame of kind "method", on channel 0.
                return secure.recv(7)[:3] == b'\x01\x00\x00'
    except (OSError, ValueError):
        return False


def alive(root, name, running):
    """Who was up when this node was, as it knew last. As it starts it writes down what the others say, who may be no
    further than it is; what it knew itself is in a copy that systemd makes before (its drop-in) and removes after."""
    before = hosts_in(root + rabbitmq_state.BEFORE_START) if running in ('no', 'starting') else None
    return nodes_in(root, name, 'nodes_running_at_shutdown') if before is None else before


def nodes_in(root, name, file_name):
    """Hosts in a note that the node keeps beside its tables; [] when there is none."""
    return hosts_in('%s%s/rabbit@%s/%s' % (root, rabbitmq_state.DATA, name, file_name)) or []


def hosts_in(path):
    """Hosts whose nodes are named in a file; None when there is none."""
    try:
        with open(path) as file:
            return sorted(set(NODE.findall(file.read())))
    except OSError:
        return None


def configuration(root):
    """Digest of what RabbitMQ would start with."""
    digest = hashlib.sha256()
    for path in CONFIGURATION:
        try:
            with open(root + path, 'rb') as file:
                digest.update(hashlib.sha256(file.read()).digest())
        except OSError:
            digest.update(b'none')
    return digest.hexdigest()


def started_with(root):
    """What it did start with, as the join loop noted it."""
    try:
        with open(root + rabbitmq_state.RUN + '/started') as file:
            return file.read()
    except OSError:
        return ''


def section(root):
    """What this host reports."""
    record, cluster = rabbitmq_state.read(root), rabbitmq_state.read_cluster(root)
    found = look(root)
    found.update(state=record['state'], history=record['history'], loop=rabbitmq_state.is_locked(root),
                 controllers=[each['name'] for each in cluster['controllers']])
    return found


def is_section(section):
    """Whether what a peer says of itself has the shape that rabbitmq_decide.py tells of."""
    if not isinstance(section, dict) or section.get('state') not in rabbitmq_state.STATES:
        return False
    lists = all(isinstance(section.get(key), list) and all(isinstance(name, str) for name in section[key])
                for key in ('cluster', 'alive', 'controllers'))
    return lists and isinstance(section.get('running'), str) and all(
        isinstance(section.get(key), bool) for key in ('loop', 'restart')) and isinstance(
            section.get('history'), str) == (section['state'] != 'BLANK')

"""Starts and stops RabbitMQ and runs its command line tools."""
import contextlib
import os
import shutil
import subprocess
import time

import rabbitmq_live
import rabbitmq_state

ALLOW = '/run/stackseed/allow/rabbitmq'
SHUT = '/etc/stackseed/rabbitmq-shut.nft'
TABLE = ('inet', 'stackseed_rabbitmq')
# Seconds for a command of which nothing is known to take long; for a node without data to come up.
COMMAND, FRESH = 60, 300


class Broken(Exception):
    """Something did not work; the text says what. It is tried again."""


def command(*argv, **options):
    """(status, output) of a program, stdout and stderr together. Broken when it takes too long."""
    timeout = options.get('timeout', COMMAND)
    try:
        ran = subprocess.run(argv, input=options.get('text', '').encode(), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise Broken('%s took more than %d s' % (' '.join(argv[:4]), timeout))
    return ran.returncode, ran.stdout.decode('utf-8', 'replace')


def must(*argv, **options):
    status, said = command(*argv, **options)
    if status != 0:
        raise Broken('%s: %s' % (' '.join(argv[:4]), complaint(said) or 'status %d' % status))
    return said


def complaint(said):
    """The line of the tools' long stories that says what is wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wrong = [line for line in lines if 'rror' in line or 'unable' in line]
    return ' '.join((wrong or lines)[:2])[:200]


def control(*words, **options):
    return must('rabbitmqctl', '-q', *words, **options)


def unit_of(root):
    return rabbitmq_state.config(root)['unit']


def start(root):
    """Has systemd start RabbitMQ with the data that are there, and does not wait for it."""
    unit = unit_of(root)
    data = root + rabbitmq_state.DATA
    if not os.path.isdir(data):
        os.mkdir(data, 0o750)
        own = os.stat(root + rabbitmq_state.HOME)
        os.chown(data, own.st_uid, own.st_gid)
    put(root + rabbitmq_state.RUN + '/started', rabbitmq_live.configuration(root))
    remove(root + rabbitmq_state.RUN + '/was-full')
    put(root + ALLOW, '')
    command('systemctl', 'reset-failed', unit)
    must('systemctl', 'start', '--no-block', unit)
    for _ in range(40):
        if rabbitmq_live.unit_state(unit) not in ('inactive', 'failed'):
            return
        time.sleep(0.1)


@contextlib.contextmanager
def told_to_join(root, peer):
    """While it lasts, rabbitmq-env.conf has a node without data join that peer when it starts (the setting
    cluster_nodes of RabbitMQ's guide to clustering, from before peer discovery and known to it)."""
    path = root + rabbitmq_state.RUN + '/join'
    remove(path)
    if peer is not None:
        put(path, 'SERVER_ADDITIONAL_ERL_ARGS="$SERVER_ADDITIONAL_ERL_ARGS '
                  '-rabbit cluster_nodes {[\'%s\'],disc}"\n' % peer)
    try:
        yield
    finally:
        remove(path)


def await_running(root, timeout=FRESH):
    """Waits for a start that depends on nobody else. Broken when RabbitMQ ends, or is not there in time."""
    unit, end = unit_of(root), time.monotonic() + timeout
    while time.monotonic() < end:
        state = rabbitmq_live.unit_state(unit)
        if state == 'active':
            return
        if state in ('inactive', 'failed'):
            raise Broken('RabbitMQ ended when it was started: %s' % last_error(root))
        time.sleep(0.5)
    raise Broken('RabbitMQ did not start in %d s' % timeout)


def stop(root, at_once=False):
    """Returns when it has ended. at_once: it is not asked, for it may not answer."""
    unit = unit_of(root)
    remove(root + ALLOW)
    if at_once:
        command('systemctl', 'kill', '-s', 'KILL', unit)
    must('systemctl', 'stop', unit, timeout=180)


def wipe_data(root):
    """Empties the folder of the data; the record must say that they are worth nothing."""
    data = root + rabbitmq_state.DATA
    for name in sorted(os.listdir(data) if os.path.isdir(data) else []):
        path = os.path.join(data, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def shut(root):
    """Clients are sent away at once, so that they go to another controller."""
    must('nft', '-f', root + SHUT)


def open_up():
    if command('nft', 'list', 'table', *TABLE)[0] == 0:
        must('nft', 'delete', 'table', *TABLE)


def last_error(root):
    """What RabbitMQ logged last as an error, for people."""
    name = rabbitmq_state.read_cluster(root)['self']
    path = '%s/var/log/rabbitmq/rabbit@%s.log' % (root, name)
    try:
        with open(path, 'rb') as file:
            file.seek(max(0, os.path.getsize(path) - 65536))
            lines = file.read().decode('utf-8', 'replace').splitlines()
    except OSError:
        return 'its log says nothing'
    wrong = [line for line in lines if '[error]' in line and len(line.split('> ', 1)[-1].strip()) > 8]
    return wrong[-1].split('> ', 1)[-1].strip()[:160] if wrong else 'its log says nothing'


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        file.write(text)


def remove(path):
    if os.path.exists(path):
        os.unlink(path)

"""A row of the doctor for each service behind the virtual addresses: it answers on every controller. Asks the HAProxy
of this one, which looks at all of them every few seconds.
"""
import csv
import socket

import doctor

SOCKET, SECONDS = '/run/haproxy-stats.sock', 5.0
PREFIX = 'stackseed-'
# What a service that has one server at a time, or is not an API, is called.
KINDS = {'database': 'balancing'}


def rows(view):
    if not (view.section(view.own, 'pacemaker') or {}).get('vips'):
        return []
    try:
        text = ask(view.root + SOCKET, b'show stat\n')
    except OSError as error:
        return [doctor.row('api', 'APIs', '', ['HAProxy here does not say: %s' % (error.strerror or error)])]
    found = servers(text)
    return [judge(service, found[service]) for service in sorted(found)]


def ask(path, command):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS)
        connection.connect(path)
        connection.sendall(command)
        parts = []
        while True:
            part = connection.recv(65536)
            if not part:
                return b''.join(parts).decode('utf-8', 'replace')
            parts.append(part)


def servers(text):
    """{service: {server: status}} of HAProxy's table; a status is such as "UP", "UP 1/3", "DOWN" or "no check"."""
    found = {}
    for line in csv.DictReader(text.lstrip('# ').splitlines()):
        if line['svname'] not in ('FRONTEND', 'BACKEND') and line['pxname'].startswith(PREFIX):
            found.setdefault(line['pxname'][len(PREFIX):], {})[line['svname']] = line['status']
    return found


def judge(service, statuses):
    down = sorted(name for name in statuses if not statuses[name].startswith('UP'))
    problems = ['%s: %s' % (name, statuses[name]) for name in down]
    if len(down) == len(statuses):
        problems.append('clients are refused')
    return doctor.row(KINDS.get(service, 'api'), service + ' behind HAProxy', '%s answer' % doctor.listed(statuses),
                      problems)

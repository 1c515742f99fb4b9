"""Row `message queue` of the doctor: all brokers run in one cluster, and replicated queues have their copies on all.

Judges what the controllers report of themselves, and asks the broker of this one for its queues.
"""
import json

import doctor
import rabbitmq_elect
import rabbitmq_state

# Columns by how queues are kept, and seconds for the command line tool, which starts an Erlang of its own.
COLUMNS = {'quorum': ['name', 'type', 'members', 'online'],
           'mirrored': ['name', 'policy', 'slave_pids', 'synchronised_slave_pids']}
SECONDS = 30


def rows(view):
    problems = view.problems('rabbitmq', trouble)
    if problems:
        return [doctor.row('shared', 'message queue', '', problems)]
    count, problems = copies(view)
    how = '%s are one cluster, %s replicated queues have all copies' % (doctor.listed(view.names), count)
    return [doctor.row('shared', 'message queue', how, problems)]


def trouble(told, names):
    if told.get('state') != 'MEMBER':
        return ['is %s, not a member yet' % told.get('state')]
    if told.get('running') != 'yes':
        return ['does not run' if told.get('running') == 'no' else 'is %s' % told.get('running')]
    alive, cluster = set(told.get('alive') or []), set(told.get('cluster') or [])
    problems = []
    if set(names) - alive:
        problems.append('does not see %s' % doctor.listed(set(names) - alive))
    if cluster - set(names):
        problems.append('still knows %s' % doctor.listed(cluster - set(names)))
    if told.get('room') is False:
        problems.append('has a full disk')
    return problems


def copies(view):
    """How many queues are replicated, and which of them lack a copy."""
    kind = rabbitmq_state.config(view.root)['queues']
    command = ['rabbitmqctl', '-q', 'list_queues'] + COLUMNS[kind]
    text = doctor.said(command + (['--formatter', 'json'] if kind == 'quorum' else []), SECONDS)
    if text is None:
        return 0, ['the queues cannot be listed']
    found = quorum_queues(text) if kind == 'quorum' else mirrored_queues(text)
    lacking = sorted(name for name in found if found[name] < len(view.names))
    problems = ['%d of %d queues lack a copy, such as %s' % (len(lacking), len(found), lacking[0])] if lacking else []
    if kind == 'quorum':
        problems += leaderless()
    return len(found), problems


def leaderless():
    text = doctor.said(['rabbitmqctl', '-q', 'eval', rabbitmq_elect.LIST], SECONDS)
    if text is None:
        return ['nobody says who leads the queues']
    found = rabbitmq_elect.names(text)
    return ['nobody leads %d queues, such as %s' % (len(found), found[0])] if found else []


def quorum_queues(text):
    """{name: copies that run}"""
    return {each['name']: len(each['online']) for each in json.loads(text) if each['type'] == 'quorum'}


def mirrored_queues(text):
    """The same of RabbitMQ before quorum queues, which prints a table: the first copy has no column of its own."""
    lines = [line.split('\t') for line in text.splitlines()]
    return {cells[0]: 1 + cells[3].count('<') for cells in lines if len(cells) == 4 and cells[1]}

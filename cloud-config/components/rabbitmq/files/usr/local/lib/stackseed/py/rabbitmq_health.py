"""One line: how this controller stands in the message queue. Exit status 0 when clients are served here."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rabbitmq_decide  # noqa: E402
import rabbitmq_live  # noqa: E402
import rabbitmq_state  # noqa: E402

RUNNING = {
    'no': 'RabbitMQ does not run',
    'starting': 'RabbitMQ is starting',
    'paused': 'RabbitMQ is paused: it sees no majority',
    'hung': 'RabbitMQ does not answer',
}


def main():
    root = os.environ.get('ROOT', '')
    try:
        status, text = look(root)
    except (rabbitmq_state.Unreadable, OSError, ValueError, LookupError) as error:
        status, text = 1, '%s: %s' % (error.__class__.__name__, error)
    print(text)
    return status


def look(root):
    record = rabbitmq_state.read(root)
    if record['state'] != 'MEMBER':
        return 1, {'BLANK': 'not a member yet', 'FORMING': 'beginning', 'JOINING': 'joining'}[record['state']]
    live = rabbitmq_live.look(root, ask_it=True)
    if live['running'] != 'yes':
        return 1, RUNNING[live['running']] + ('' if live['room'] else ', and the disk is full')
    down = sorted(set(live['cluster']) - set(live['alive']))
    text = 'member of %s' % rabbitmq_decide.listed(live['cluster'])
    if down:
        text += ', without %s' % rabbitmq_decide.listed(down)
    if len(live['alive']) * 2 <= len(live['cluster']):
        return 1, text
    names = [each['name'] for each in rabbitmq_state.read_cluster(root)['controllers']]
    strange = sorted(set(live['cluster']) - set(names))
    if strange:
        text += ', still knows %s' % rabbitmq_decide.listed(strange)
    return (1, text + ', to be restarted') if live['restart'] else (0, text)


if __name__ == '__main__':
    sys.exit(main())

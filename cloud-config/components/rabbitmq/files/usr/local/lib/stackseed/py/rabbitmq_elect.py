"""Has quorum queues that no broker leads elect a leader. Run every two minutes; prints the names of such queues.

A queue's copies are started first, and then one is told to ask for votes. When the power goes between the two, all
copies follow for ever, a leader of theirs was never lost, and whoever declares, reads or writes that queue waits without
end (rabbitmq-server, issues 13665 and 15725). Asking a copy for an election is what the broker itself does
when it makes a queue, and moves nothing where there is a leader after all.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import rabbitmq_daemon  # noqa: E402
import rabbitmq_live  # noqa: E402
import rabbitmq_state  # noqa: E402

# Seconds, on a busy machine.
SLOW = 100
# Quorum queues that have a copy on this node, which knows of no leader. No dollar and no backslash: rabbitmqctl is a
# shell script.
LEADERLESS = (
    '[Name || Queue <- rabbit_amqqueue:list_by_type(rabbit_quorum_queue), '
    '{Name, _} <- [amqqueue:get_pid(Queue)], whereis(Name) =/= undefined, '
    'ra_leaderboard:lookup_leader(Name) =:= undefined]')
LIST = '[io:format("~s~n", [Name]) || Name <- ' + LEADERLESS + '], ok.'
ELECT = ('[begin ra:trigger_election({Name, node()}), io:format("~s~n", [Name]) end || Name <- ' + LEADERLESS
         + '], ok.')


def main():
    root = os.environ.get('ROOT', '')
    config = rabbitmq_state.config(root)
    if config['queues'] != 'quorum' or rabbitmq_live.running_state(root, config, False) != 'yes':
        return 0
    try:
        found = names(rabbitmq_daemon.control('eval', ELECT, timeout=SLOW))
    except rabbitmq_daemon.Broken as error:
        sys.stderr.write('%s\n' % error)
        return 1
    if found:
        sys.stderr.write('nobody led %d queues, which elect now: %s\n' % (len(found), ', '.join(found[:5])))
    return 0


def names(said):
    """Of queues, in what LIST or ELECT print, which ends with the value of all; the virtual host is before each."""
    return sorted(line.replace('%2F_', '', 1) for line in said.splitlines() if line not in ('', 'ok'))


if __name__ == '__main__':
    sys.exit(main())

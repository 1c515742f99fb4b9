"""The join loop: brings RabbitMQ on this controller into the one cluster that there may be.

Run by converge.sh. Each round asks all controllers, decides by rabbitmq_decide.py, and acts. It has no
deadline, only a reason, which is the last line in the file that STACKSEED_WHY names. Exit status 0: this
controller is a member and serves. 75: told to stop. 78: an operator must decide.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import ask  # noqa: E402
import rabbitmq_act  # noqa: E402
import rabbitmq_daemon  # noqa: E402
import rabbitmq_decide  # noqa: E402
import rabbitmq_live  # noqa: E402
import rabbitmq_state  # noqa: E402
import rabbitmq_steps  # noqa: E402

UNIT = 'stackseed@rabbitmq.service'
# Seconds between two rounds that nothing woke, and between two looks for something that does.
PAUSE_FIRST, PAUSE_MOST, LOOK = 1.0, 10.0, 0.5
# Seconds between two questions to systemd whether this is to end: each is a program.
TOLD = 3.0
# Seconds after which what should pass by itself does not; reading much from a disk takes its time.
STUCK = 60.0
STUCK_STARTING = 300.0
# Rounds in which a halt has to be said, since a report may have been of the moment before.
HALTS = 3
# How often what is good to have, but not needed to serve, is tried.
TRIES = 3

DOING = {
    'warm': 'starting RabbitMQ ahead of its turn',
    'claim': 'claiming to be the first of the message queue',
    'adopt': 'the message queue that was begun here is the one',
    'join': 'joining %s',
    'wipe': 'emptying the data of RabbitMQ: %s',
    'start': 'starting RabbitMQ',
    'force': 'starting RabbitMQ without %s, whose data are gone',
    'restart': 'restarting RabbitMQ: %s',
    'stop': 'stopping RabbitMQ: %s',
    'drop': 'the cluster forgets %s, which the inventory calls absent',
    'grow': 'queues get a copy here',
    'settle': 'setting passwords and policies',
}


class Memory:
    """What the loop remembers from round to round; nothing that the safety of data rests on."""

    def __init__(self):
        self.why, self.pause, self.halts = None, PAUSE_FIRST, 0
        self.looks, self.since = None, 0.0
        self.tried = {}
        # Whether it was started ahead of its turn, as rabbitmq_decide.py has it.
        self.warm = 'may'
        self.asked_systemd = 0.0


def main():
    root = os.environ.get('ROOT', '')
    memory = Memory()
    # Held as long as this program runs: the report tells by it whether somebody is at work here.
    try:
        with rabbitmq_state.locked(root):
            return loop(root, memory)
    except BlockingIOError:
        say(memory, 'another join loop is at work')
        return 75


def loop(root, memory):
    while True:
        before = ask.asked(root)
        status = attempt(root, memory)
        if status is not None:
            return status
        if not rest(root, memory, before):
            say(memory, 'told to stop')
            return 75


def attempt(root, memory):
    """One round: the exit status, or None to go on."""
    try:
        return play(root, memory)
    except rabbitmq_state.Unreadable as error:
        say(memory, 'the disk of this host must be looked at: %s' % error)
        return 78
    except (rabbitmq_daemon.Broken, rabbitmq_steps.Later) as error:
        say(memory, str(error))
    except OSError as error:
        say(memory, 'cannot go on: %s' % error)
    except ValueError as error:
        say(memory, 'a file of this host is torn: %s' % error)
    return None


def play(root, memory):
    word, argument, facts = choose(root, memory)
    memory.halts = memory.halts + 1 if word == 'halt' else 0
    if word == 'member':
        say(memory, 'member of the message queue of %s' % rabbitmq_decide.listed(facts['self']['cluster']))
        return 0
    if word in ('wait', 'halt'):
        say(memory, '%s%s' % ('waiting ' if word == 'wait' else '', argument))
        return 78 if memory.halts >= HALTS else None
    say(memory, DOING[word] % argument if '%s' in DOING[word] else DOING[word])
    if word in ('grow', 'drop'):
        memory.tried[(word, argument)] = memory.tried.get((word, argument), 0) + 1
    # Once: where it does not work it is started when its turn has come.
    memory.warm = 'yes' if word == 'warm' else memory.warm if word == 'claim' else 'no'
    if rabbitmq_act.act(root, word, argument, facts, lambda: choose(root, memory)):
        memory.pause = 0.0
    return None


def choose(root, memory):
    """(word, argument, facts) by what everybody says now."""
    facts = gather(root, memory)
    word, argument = rabbitmq_decide.decide(facts)
    if word == 'step':
        facts['step'] = rabbitmq_steps.first(root, rabbitmq_state.read(root))
        word, argument = rabbitmq_decide.decide(facts)
    return word, argument, facts


def gather(root, memory):
    record, cluster = rabbitmq_state.read(root), rabbitmq_state.read_cluster(root)
    live = rabbitmq_live.look(root, ask_it=True)
    told = 'rabbitmq %s %s' % (record['state'], live['running'])
    answers = ask.ask_all(root, ['rabbitmq'], state=told)
    facts = {
        'self': dict(live, name=cluster['self'], state=record['state'], history=record['history'],
                     waived=waived(root, answers)),
        'reports': {name: section_of(answers[name]) for name in sorted(answers)},
        'controllers': [each['name'] for each in cluster['controllers']],
        'ever': [each['name'] for each in cluster['ever']],
        'step': None,
    }
    own = facts['self']
    own['stuck'] = is_stuck(memory, facts)
    own['warm'] = 'no' if memory.warm == 'yes' and own['running'] == 'no' else memory.warm
    own['settled'] = record['settled'] == rabbitmq_act.settings_digest(root)
    own['grown'] = record['grown'] or memory.tried.get(('grow', ''), 0) >= TRIES
    own['kept'] = sorted(host for word, host in memory.tried
                         if word == 'drop' and memory.tried[(word, host)] >= TRIES)
    return facts


def section_of(answer):
    """What a controller says of its RabbitMQ; one that cannot tell may have data."""
    if answer is None or answer == 'unreadable':
        return answer
    section = answer['answer'].get('rabbitmq')
    return section if rabbitmq_live.is_section(section) else 'unreadable'


def waived(root, answers):
    """The operator's word ends when the host answers."""
    names = rabbitmq_state.read_waived(root)
    still = [name for name in names if answers.get(name) is None]
    if still != names:
        rabbitmq_state.write_waived(root, still)
    return still


def is_stuck(memory, facts):
    """Whether things have been for long as they should be for a moment only."""
    own = facts['self']
    serving = [section for _, section in rabbitmq_decide.reports(facts, 'MEMBER') if section['running'] == 'yes']
    looks = (own['running'], len(serving) * 2 > len(own['cluster']),
             any(own['name'] not in section['alive'] for section in serving))
    now = time.monotonic()
    if looks != memory.looks:
        memory.looks, memory.since = looks, now
    return now - memory.since > (STUCK_STARTING if own['running'] == 'starting' else STUCK)


def say(memory, why):
    if why != memory.why:
        memory.why = why
        sys.stderr.write(why + '\n')
        sys.stderr.flush()
    try:
        with open(os.environ.get('STACKSEED_WHY', '/dev/null'), 'w') as file:
            file.write(why + '\n')
    except OSError:
        pass


def rest(root, memory, before):
    """Sleeps until the next round is due, or worth it. False when systemd wants this unit to end."""
    pause = memory.pause
    memory.pause = min(PAUSE_MOST, max(PAUSE_FIRST, pause * 1.6))
    end = time.monotonic() + pause * random.uniform(0.75, 1.25)
    unit = rabbitmq_daemon.unit_of(root)
    state, ticks = rabbitmq_live.unit_state(unit), 0
    while True:
        if is_told(memory):
            return False
        left = end - time.monotonic()
        if left <= 0:
            return True
        if ask.asked(root) != before or ticks % 2 and moved_on(unit, state):
            memory.pause = PAUSE_FIRST
            return True
        time.sleep(min(LOOK, left))
        ticks += 1


def is_told(memory):
    now = time.monotonic()
    if now - memory.asked_systemd < TOLD:
        return False
    memory.asked_systemd = now
    return rabbitmq_live.unit_state(UNIT) == 'deactivating'


def moved_on(unit, state):
    """One that is at rest stays so: nobody else starts it."""
    return state not in ('inactive', 'failed') and rabbitmq_live.unit_state(unit) != state


if __name__ == '__main__':
    sys.exit(main())

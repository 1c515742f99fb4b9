"""What this controller does next about RabbitMQ: a pure function of its own record, the others' reports and
the step table. No files, no clock, nothing random.

facts = {
  'self': {'name', 'state', 'history', 'running', 'cluster', 'alive', 'stuck', 'grown', 'settled', 'restart',
           'waived', 'kept', 'room', 'warm'},
  'reports': {controller that ever was: section `rabbitmq` | 'unreadable' | None},
  'controllers': names present in the inventory, in its order,
  'ever': names of all that ever were,
  'step': None (not asked yet) | {'state': 'none' | 'begun' | 'done' | 'unknown', 'generation', 'mine', 'why'},
}

A section: {'state', 'history', 'running', 'cluster', 'alive', 'controllers', 'loop', 'restart', 'room'}.
  state     BLANK: no data. FORMING: begins the cluster, worth nothing until the step is done. JOINING: on its
            way in, worth nothing until it is. MEMBER of `history`, the token of the step that made it.
  running   'no', 'starting' (it waits for others that it needs, too), 'paused' (it runs and lets nobody in),
            'hung' (lets in and does not answer), 'yes'
  cluster, alive   hosts of the cluster and those up, as this node knew last; while it starts, before it did
  loop      whether the join loop is at work there
  room      whether its disk has room for messages; true where it does not say
Of self alone: stuck: things have not moved for a minute; grown, settled: nothing is left of that to do;
restart: it has to be started anew, for a newer configuration or after a full disk; waived: whom the operator
called gone; kept: absent ones that
cannot be forgotten now; warm: whether it was started ahead of its turn: 'yes', 'may' not yet, or 'no', which counts
where it is left out.

decide(facts) gives (word, argument):
  ('step', '')         look at the step table first, then ask again
  ('warm', '')         start it without data, shut to clients: it takes seconds, and the turn of this host comes
  ('claim', gen)       claim that generation of the step, and begin the cluster if it is ours
  ('adopt', '')        what is being formed here is the cluster: record it
  ('join', peer)       have peer forget this host where it knows it, and join it
  ('wipe', why)        stop, remove what is here, and be BLANK
  ('start', '')        start with the data that are here
  ('force', without)   claim the step for that, and start without waiting for those named
  ('restart', why)     stop it, whatever it takes, and start it again
  ('stop', why)        stop it: the others go on without it
  ('drop', host)       the inventory calls it absent: the cluster forgets it
  ('grow', ''), ('settle', '')   queues get their copy here; passwords and policies are set
  ('member', '')       in service
  ('wait', why), ('halt', why)

    rabbitmq_decide.py --lines   JSON of facts per line in, JSON of the answer per line out, for tests
"""
import json
import sys

DOWN = ('no', 'starting')


def decide(facts):
    own = facts['self']
    others = strangers(facts)
    if others:
        return 'halt', others
    return {'BLANK': blank, 'FORMING': forming, 'JOINING': joining, 'MEMBER': member}[own['state']](facts)


def reports(facts, state=None):
    """[(name, section)] of those who answered, in the order of the inventory."""
    names = facts['controllers'] + sorted(set(facts['ever']) - set(facts['controllers']))
    found = [(name, facts['reports'].get(name)) for name in names if name != facts['self']['name']]
    return [(name, section) for name, section in found
            if isinstance(section, dict) and state in (None, section['state'])]


def strangers(facts):
    """Two histories: both have data that somebody was told are safe."""
    known = {}
    if facts['self']['state'] == 'MEMBER':
        known[facts['self']['history']] = facts['self']['name']
    for name, section in reports(facts, 'MEMBER'):
        known.setdefault(section['history'], name)
    if len(known) < 2:
        return None
    return 'there are two message queues: %s' % ', '.join(
        'one on %s (%s)' % (known[history], history[:8]) for history in sorted(known, key=lambda h: known[h]))


def know_each_other(facts, name, section):
    return name in facts['controllers'] and facts['self']['name'] in section['controllers']


def listed(names):
    return ', '.join(sorted(names))


# ---- no data here

def blank(facts):
    own = facts['self']
    warm = own.get('warm', 'no')
    if own['running'] != 'no' and warm != 'yes':
        return 'wipe', 'RabbitMQ runs here with data that no record tells of'
    word, argument = turn(facts)
    if word == 'wait' and warm == 'may' and is_new(facts):
        return 'warm', ''
    return word, argument


def is_new(facts):
    """Whether nobody has, nor may have, a cluster that knows this host, with a disk that is lost: a node of that name
    must not show up before it was forgotten there."""
    own = facts['self']['name']
    others = set(facts['ever'] + facts['controllers']) - {own}
    known = any(own in section['cluster'] for _, section in reports(facts, 'MEMBER'))
    return others <= {name for name, _ in reports(facts)} and not known


def turn(facts):
    """What is to be done where there are no data, and when."""
    members = reports(facts, 'MEMBER')
    if members:
        return blank_beside(facts, members)
    forming = [name for name, section in reports(facts, 'FORMING') if section['loop']]
    if forming:
        return 'wait', 'for %s, which begins the message queue' % listed(forming)
    step = facts['step']
    if step is None:
        return 'step', ''
    if step['state'] == 'unknown':
        return 'wait', step['why']
    if step['state'] != 'done':
        return 'claim', step['generation']
    return nobody_left(facts, step)


def nobody_left(facts, step):
    """There was a message queue, and nobody here has it. Begun anew only when no disk can have it."""
    names = set(facts['ever']) - {facts['self']['name']}
    answered = dict(reports(facts))
    missing = names - set(answered)
    if missing:
        return 'wait', 'for %s, who may have the message queue' % listed(missing)
    busy = [name for name in names if answered[name]['state'] != 'BLANK']
    if busy:
        return 'wait', 'for %s, which is on its way' % listed(busy)
    return 'claim', step['generation'] + 1


def blank_beside(facts, members):
    own = facts['self']
    serving = [(name, section) for name, section in members if section['running'] == 'yes']
    if not serving:
        return 'wait', 'for RabbitMQ on %s' % listed(name for name, _ in members)
    friends = [(name, section) for name, section in serving if know_each_other(facts, name, section)]
    if not friends:
        return 'wait', 'for the same list of controllers here and on %s' % listed(name for name, _ in serving)
    busy = [name for name, section in reports(facts) if section['loop'] and section['state'] in ('JOINING', 'FORMING')]
    if busy:
        return 'wait', 'for %s, which is joining' % listed(busy)
    ahead = facts['controllers'][:facts['controllers'].index(own['name'])]
    for name, section in reports(facts, 'BLANK'):
        if name in ahead and section['loop'] and friend_of_one(name, section, friends) and not own['stuck']:
            return 'wait', 'for %s, which joins first' % name
    return 'join', friends[0][0]


def friend_of_one(name, section, friends):
    return any(name in peer['controllers'] and peer_name in section['controllers'] for peer_name, peer in friends)


# ---- data that are worth nothing yet

def forming(facts):
    step = facts['step']
    if step is None:
        return 'step', ''
    if step['state'] == 'unknown':
        return 'wait', step['why']
    if step['state'] == 'done' and step['mine']:
        return 'adopt', ''
    return 'wipe', 'what was begun here was not finished'


def joining(facts):
    return 'wipe', 'joining was cut off'


# ---- data here

def member(facts):
    own = facts['self']
    serving = [(name, section) for name, section in reports(facts, 'MEMBER') if section['running'] == 'yes']
    if own['running'] != 'yes' and serving:
        if not any(own['name'] in section['cluster'] for _, section in serving):
            return 'wipe', 'the cluster of %s has forgotten this host' % listed(name for name, _ in serving)
    return {'no': at_rest, 'starting': starting, 'paused': paused, 'hung': hung, 'yes': serves}[
        own['running']](facts, serving)


def at_rest(facts, serving):
    others = with_room(facts, serving)
    if others:
        return 'wait', 'for room on the disk here; %s take the messages' % listed(others)
    return 'start', ''


def with_room(facts, serving):
    """Who takes the messages while the disk here is full: one such node has no node of the cluster take any. Nobody
    where they are no majority, or there is room here."""
    others = [name for name, section in serving if section.get('room', True)]
    enough = len(others) * 2 > len(facts['self']['cluster'])
    return others if enough and not facts['self'].get('room', True) else []


def starting(facts, serving):
    """It needs the tables of those that were up after it. Is one of them gone for good?"""
    own = facts['self']
    if len(serving) * 2 > len(own['cluster']) and own['stuck']:
        return 'restart', 'it hangs while it starts beside %s' % listed(name for name, _ in serving)
    after = set(own['alive']) - {own['name']}
    gone = waited_for(facts, after) & gone_for_good(facts)
    if not serving and never_again(facts):
        return without(facts, never_again(facts), ('paused', 'starting'))
    if serving or not gone:
        return 'wait', needs(facts, after)
    return without(facts, gone, ('starting',))


def waited_for(facts, after):
    """Whose tables it needs, and whose those need who start beside it: of two that need each other and a third one,
    which never comes, the one that does not need that one itself is held up as well."""
    if not after:
        return after
    beside = [set(section['alive']) for _, section in reports(facts, 'MEMBER') if section['running'] == 'starting']
    return after.union(*beside) - {facts['self']['name']}


def never_again(facts):
    """Those who are gone, when the living can never be a majority of the cluster; else nobody."""
    known = facts['self']['cluster']
    gone = gone_for_good(facts) & set(known)
    return gone if (len(known) - len(gone)) * 2 <= len(known) else set()


def without(facts, gone, running):
    """Going on without those that are gone: all the others must be there, and in the same case."""
    own = facts['self']
    present = set(facts['controllers']) - gone_for_good(facts) - {own['name']}
    answered = dict(reports(facts))
    missing = present - set(answered)
    if missing:
        return 'wait', 'for %s: without %s all the others are needed' % (listed(missing), listed(gone))
    busy = [name for name in present
            if answered[name]['state'] != 'MEMBER' or answered[name]['running'] not in running]
    if busy:
        return 'wait', 'for RabbitMQ on %s, which starts' % listed(busy)
    best = last_down(facts, list(present))
    if best != own['name']:
        return 'wait', 'for %s, which was up longer and starts first, without %s' % (best, listed(gone))
    return 'force', listed(gone)


def gone_for_good(facts):
    """Whose tables cannot come: the inventory or the operator says so, or its disk is blank."""
    names = set(facts['self']['cluster']) - set(facts['controllers'])
    waived = {name for name in facts['self']['waived'] if facts['reports'].get(name) is None}
    empty = {name for name, section in reports(facts) if section['state'] != 'MEMBER'}
    answering = {name for name, section in reports(facts, 'MEMBER') if section['running'] != 'no'}
    return (names | waived | empty) - answering - {facts['self']['name']}


def last_down(facts, names):
    """Who saw the fewest others go on; ties by the order of the inventory."""
    known = dict(reports(facts))
    known[facts['self']['name']] = facts['self']
    names = names + [facts['self']['name']]
    return min(names, key=lambda name: (len(known[name]['alive']), facts['controllers'].index(name)))


def needs(facts, after):
    answered = dict(reports(facts))
    missing = sorted(name for name in after if name not in answered)
    if missing:
        return 'for %s, who may have been up later than this host' % listed(missing)
    slow = sorted(name for name in after if answered[name]['running'] in DOWN)
    return 'for RabbitMQ here%s' % (' and on %s' % listed(slow) if slow else '')


def paused(facts, serving):
    own = facts['self']
    if len(serving) * 2 > len(own['cluster']) and own['stuck']:
        return 'restart', 'it stays paused beside %s' % listed(name for name, _ in serving)
    if not serving and never_again(facts):
        return without(facts, never_again(facts), ('paused', 'starting'))
    missing = set(own['cluster']) - {own['name']} - {name for name, _ in serving}
    return 'wait', 'for %s: RabbitMQ here is paused until it sees a majority' % (listed(missing) or 'RabbitMQ')


def hung(facts, _):
    if facts['self']['stuck']:
        return 'restart', 'it does not answer'
    return 'wait', 'for RabbitMQ here, which does not answer'


def serves(facts, serving):
    own = facts['self']
    if with_room(facts, serving):
        return 'stop', 'its disk is full, and %s take the messages' % listed(with_room(facts, serving))
    apart = [name for name, section in serving if own['name'] not in section['alive']]
    if len(apart) * 2 > len(own['cluster']) and own['stuck']:
        return 'restart', '%s do without it' % listed(apart)
    if apart and not own['stuck']:
        return 'wait', 'for %s, who do not see RabbitMQ here' % listed(apart)
    if len(own['alive']) * 2 <= len(own['cluster']):
        return 'wait', 'for %s: less than a majority of the message queue is up' % listed(
            set(own['cluster']) - set(own['alive']))
    for name in own['cluster']:
        if name not in facts['controllers'] and name not in own['alive'] and name not in own['kept']:
            return 'drop', name
    if own['restart']:
        return renew(facts, serving)
    if not own['grown']:
        return 'grow', ''
    return ('member', '') if own['settled'] else ('settle', '')


def renew(facts, serving):
    """One after another, and only while all are there."""
    own = facts['self']
    missing = set(own['cluster']) - {own['name']} - {name for name, _ in serving}
    if missing:
        return 'wait', 'for %s before RabbitMQ is restarted' % listed(missing)
    ahead = facts['controllers'][:facts['controllers'].index(own['name'])]
    first = [name for name, section in serving if name in ahead and section['restart']]
    if first:
        return 'wait', 'for %s, which restarts first' % listed(first)
    return 'restart', 'its configuration is new, or its disk was full'


def main(arguments):
    if arguments != ['--lines']:
        sys.stderr.write(__doc__)
        return 2
    for line in sys.stdin:
        print(json.dumps(decide(json.loads(line))))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

"""What rabbitmq_decide.py decided, done. The record on disk always says less than is there: data are worth
nothing until it says MEMBER, and it says so only when they are whole.
"""
import hashlib

import rabbitmq_daemon
import rabbitmq_decide
import rabbitmq_live
import rabbitmq_state
import rabbitmq_steps

# The most forced starts in one generation of the cluster.
FORCES = 64
# An absent controller's queues, and queues' new copies, may take a while.
SLOW = 300
MIRRORED = '^(?!amq[.])(?!.*_fanout)(?!reply_).*'


def act(root, word, argument, facts, again):
    """True when something was done, so that the next round need not wait. again(): decides anew, by what the
    others say now. Broken, Later or OSError when it did not work."""
    acts = {'warm': warm, 'claim': claim, 'adopt': adopt, 'join': join, 'wipe': wipe, 'start': start,
            'force': force, 'restart': restart, 'stop': stop, 'drop': drop, 'grow': grow, 'settle': settle}
    return acts[word](root, argument, facts, again)


def warm(root, _, __, ___):
    """Nearly all of a start is the same whichever cluster it comes to. The record says BLANK all the while, for such
    data are worth nothing; where no record says so, they would be somebody's."""
    rabbitmq_state.write(root, **rabbitmq_state.NOTHING)
    fresh_start(root)
    return True


def is_warm(facts):
    return facts['self'].get('warm') == 'yes'


def claim(root, generation, facts, again):
    token = rabbitmq_steps.claim(root, 'rabbitmq', generation)
    if token is None:
        return True
    # While the claim stands nobody else begins; what was begun before it shows now.
    if again()[0] != 'claim':
        return True
    form(root, generation, token, is_warm(facts))
    return True


def form(root, generation, token, is_started):
    rabbitmq_state.write(root, state='FORMING', history=token, generation=generation, grown=False, settled=None)
    if not is_started:
        fresh_start(root)
    apply_settings(root, first=True)
    if not rabbitmq_steps.done(root, 'rabbitmq', generation, token):
        raise rabbitmq_daemon.Broken('another controller began the message queue meanwhile')
    rabbitmq_state.write(root, state='MEMBER', grown=True, settled=settings_digest(root))
    rabbitmq_daemon.open_up()


def fresh_start(root, peer=None):
    """RabbitMQ without data, shut to clients. With a peer it is to join that as it starts; it starts by itself
    where it cannot reach it."""
    rabbitmq_daemon.shut(root)
    rabbitmq_daemon.stop(root)
    rabbitmq_daemon.wipe_data(root)
    with rabbitmq_daemon.told_to_join(root, peer):
        rabbitmq_daemon.start(root)
        rabbitmq_daemon.await_running(root)


def adopt(root, _, facts, __):
    rabbitmq_state.write(root, state='MEMBER', grown=False, settled=None)
    rabbitmq_daemon.open_up()
    return True


def join(root, peer, facts, _):
    there = facts['reports'][peer]
    rabbitmq_state.write(root, state='JOINING', history=there['history'], grown=False, settled=None)
    if is_warm(facts) and facts['self']['name'] not in there['cluster']:
        rabbitmq_daemon.control('eval', JOIN % node(peer), timeout=SLOW)
    else:
        start_into(root, peer, facts)
    if peer not in rabbitmq_live.nodes_in(root, facts['self']['name'], 'cluster_nodes.config'):
        # It did not find the peer, and is a cluster by itself.
        for words in (['stop_app'], ['join_cluster', node(peer)], ['start_app']):
            rabbitmq_daemon.control(*words, timeout=SLOW)
    # The cluster counts it from here on: without it one of two is paused. So the copies come after.
    rabbitmq_state.write(root, state='MEMBER', grown=False, settled=settings_digest(root))
    rabbitmq_daemon.open_up()
    return True


def start_into(root, peer, facts):
    """Starts it without data, to join that peer as it starts."""
    own = facts['self']['name']
    rabbitmq_daemon.shut(root)
    rabbitmq_daemon.stop(root)
    leave(facts)
    if own in facts['reports'][peer]['cluster']:
        # It knows this host with a disk that is lost. Queues let go of the copy that was here as well.
        forget(node(peer), node(own))
    fresh_start(root, node(peer))


def leave(facts):
    """After a power cut the others may take this host's node for one that is up, for a minute. One that
    comes back before they notice hangs when it starts: they are told that it is gone."""
    own = facts['self']['name']
    for name, section in sorted(facts['reports'].items()):
        if not isinstance(section, dict) or section['running'] != 'yes' or own not in section['alive']:
            continue
        try:
            rabbitmq_daemon.command('rabbitmqctl', '-q', '-n', node(name), 'eval',
                                    "erlang:disconnect_node('%s')." % node(own), timeout=20)
        except rabbitmq_daemon.Broken:
            # It will notice by itself.
            continue


def node(host):
    return 'rabbit@' + host


def forget(peer, lost):
    status, said = rabbitmq_daemon.command('rabbitmqctl', '-q', '-n', peer, 'forget_cluster_node', lost, timeout=SLOW)
    if status != 0 and 'not_a_cluster_node' not in said and 'not a member' not in said:
        raise rabbitmq_daemon.Broken('%s cannot forget %s: %s' % (peer, lost, rabbitmq_daemon.complaint(said)))


def wipe(root, _, facts, __):
    record = rabbitmq_state.read(root)
    if record['state'] == 'MEMBER':
        rabbitmq_state.write(root, state='JOINING')
    rabbitmq_daemon.stop(root, at_once=True)
    rabbitmq_daemon.wipe_data(root)
    rabbitmq_state.write(root, **rabbitmq_state.NOTHING)
    return True


def start(root, _, facts, __):
    # A queue that was declared meanwhile may have no copy here.
    rabbitmq_state.write(root, grown=False)
    rabbitmq_daemon.open_up()
    leave(facts)
    rabbitmq_daemon.start(root)
    return True


def force(root, _, facts, again):
    """One controller starts without those that are gone; the others find it and follow."""
    generation = rabbitmq_state.read_cluster(root)['generation']
    for attempt in range(FORCES):
        name = 'rabbitmq-force-%d' % attempt
        token = rabbitmq_steps.claim(root, name, generation)
        if token is not None:
            break
    else:
        raise rabbitmq_daemon.Broken('there were too many forced starts')
    if again()[0] != 'force':
        return True
    rabbitmq_daemon.stop(root, at_once=True)
    rabbitmq_daemon.must('rabbitmqctl', '-q', 'force_boot')
    rabbitmq_daemon.start(root)
    rabbitmq_daemon.await_running(root)
    lost = rabbitmq_decide.never_again(facts)
    if lost:
        rabbitmq_daemon.control('eval', LOST % ', '.join("'%s'" % node(host) for host in sorted(lost)), timeout=SLOW)
    rabbitmq_steps.done(root, name, generation, token)
    return True


def restart(root, _, facts, __):
    rabbitmq_daemon.stop(root, at_once=facts['self']['running'] != 'yes')
    return start(root, '', facts, None)


def stop(root, _, __, ___):
    # With a full disk it may not come to an end by itself.
    rabbitmq_daemon.stop(root, at_once=True)
    return True


def drop(root, host, _, __):
    generation = rabbitmq_state.read_cluster(root)['generation']
    name = ('rabbitmq-drop-' + host)[:64]
    token = rabbitmq_steps.claim(root, name, generation)
    if token is None:
        return True
    forget(node(rabbitmq_state.read_cluster(root)['self']), node(host))
    rabbitmq_steps.done(root, name, generation, token)
    return True


def grow(root, _, facts, __):
    copies(root, node(facts['self']['name']))
    rabbitmq_state.write(root, grown=True)
    return True


def copies(root, own):
    """Quorum queues take no copy on a node that came later by themselves."""
    if rabbitmq_state.config(root)['queues'] == 'quorum':
        rabbitmq_daemon.must('rabbitmq-queues', '-q', 'grow', own, 'all', timeout=SLOW)


def settle(root, _, __, ___):
    apply_settings(root, first=False)
    rabbitmq_state.write(root, settled=settings_digest(root))
    return True


def password_path(root):
    return root + '/etc/rabbitmq/stackseed/admin.password'


def settings_digest(root):
    """Of what is set in the cluster rather than in files of a node."""
    with open(password_path(root), 'rb') as file:
        return hashlib.sha256(rabbitmq_state.config(root)['queues'].encode() + b'\n' + file.read()).hexdigest()


def apply_settings(root, first):
    if rabbitmq_state.config(root)['queues'] == 'mirrored':
        rabbitmq_daemon.control('set_policy', 'ha-all', MIRRORED, '{"ha-mode":"all","ha-sync-mode":"automatic"}')
    if not first:
        rabbitmq_daemon.control('eval', CHANGE_PASSWORD)


# What stop_app, join_cluster and start_app do, in one command: each is an Erlang that starts. Releases differ in who joins.
JOIN = (
    "Peer = '%s', rabbit:stop(), code:ensure_loaded(rabbit_db_cluster), "
    'ok = case erlang:function_exported(rabbit_db_cluster, join, 2) of '
    'true -> rabbit_db_cluster:join(Peer, disc); '
    'false -> rabbit_mnesia:join_cluster(Peer, disc) end, '
    'ok = rabbit:start().')

# Where the node reads it itself the password is in no argument. No backslash and no dollar: rabbitmqctl is a
# shell script, and passes them on changed. Releases differ in the number of arguments.
CHANGE_PASSWORD = (
    '{ok, Read} = file:read_file("/etc/rabbitmq/stackseed/admin.password"), '
    '[Password | _] = binary:split(Read, <<10>>), '
    'Backend = rabbit_auth_backend_internal, User = <<"stackseed">>, '
    'case erlang:function_exported(Backend, change_password, 3) of '
    'true -> Backend:change_password(User, Password, User); '
    'false -> Backend:change_password(User, Password) end.')

# Quorum queues that have lost most of their copies for good would be unusable for ever: from RabbitMQ 3.13 on
# they go on with the copy that is here; before that they can only be deleted, so that clients declare them anew.
LOST = (
    'Lost = [%s], code:ensure_loaded(rabbit_quorum_queue), '
    'case erlang:function_exported(rabbit_quorum_queue, force_all_queues_shrink_member_to_current_member, 0) of '
    'true -> rabbit_quorum_queue:force_all_queues_shrink_member_to_current_member(); '
    'false -> [rabbit_quorum_queue:delete(Queue, false, false, <<"stackseed">>) '
    '|| Queue <- rabbit_amqqueue:list_by_type(rabbit_quorum_queue), '
    'length([Node || Node <- rabbit_amqqueue:get_quorum_nodes(Queue), lists:member(Node, Lost)]) * 2 '
    '>= length(rabbit_amqqueue:get_quorum_nodes(Queue))] end.')

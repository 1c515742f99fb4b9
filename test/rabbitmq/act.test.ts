import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onController } from './controller.ts';
import { facts, member, section } from './decide.ts';

const NODES = '/var/lib/rabbitmq/mnesia/rabbit@cnt1/cluster_nodes.config';
const join = facts({}, { cnt2: member() });

test('a node that begins says so before it does, and is a member only when the step is done', () => {
  onController((node) => {
    node.step('claimed');
    node.act('claim', 1, facts({}, {}), 'claim');
    assert.equal(node.calls(), [
      'BLANK: step claim rabbitmq 1',
      'FORMING: nft -f ROOT/etc/stackseed/rabbitmq-shut.nft',
      'FORMING: systemctl stop rabbitmq-server.service',
      'FORMING: systemctl start rabbitmq-server.service',
      'FORMING: step done rabbitmq 1 token',
      'MEMBER: nft delete table inet stackseed_rabbitmq',
    ]);
    assert.equal(node.record(), {
      state: 'MEMBER',
      history: 'token',
      generation: 1,
      grown: true,
      settled: node.settings(),
    });
  });
});

test('what others did meanwhile counts: a claim alone begins nothing', () => {
  onController((node) => {
    node.step('claimed');
    node.act('claim', 1, facts({}, {}), 'join');
    assert.equal(node.calls(), ['BLANK: step claim rabbitmq 1']);
  });
});

test('a step that is done begins nothing', () => {
  onController((node) => {
    node.step('done');
    node.act('claim', 1, facts({}, {}), 'claim');
    assert.equal(node.calls(), ['BLANK: step claim rabbitmq 1']);
  });
});

test('a node whose claim was taken over does not become a member', () => {
  onController((node) => {
    node.step('lost');
    assert.match(
      node.fails('claim', 1, facts({}, {}), 'claim'),
      'another controller began the message queue meanwhile',
    );
    assert.is(node.record().state, 'FORMING');
  });
});

test('a wiped node is forgotten, begins without data, joins, and is a member before it gets its copies', () => {
  onController((node) => {
    node.blank();
    node.write('/var/lib/rabbitmq/mnesia/left-over', 'x');
    node.act('join', 'cnt2', join);
    assert.equal(node.calls(), [
      'JOINING: nft -f ROOT/etc/stackseed/rabbitmq-shut.nft',
      'JOINING: systemctl stop rabbitmq-server.service',
      "JOINING: rabbitmqctl -q -n rabbit@cnt2 eval erlang:disconnect_node('rabbit@cnt1').",
      'JOINING: rabbitmqctl -q -n rabbit@cnt2 forget_cluster_node rabbit@cnt1',
      'JOINING: nft -f ROOT/etc/stackseed/rabbitmq-shut.nft',
      'JOINING: systemctl stop rabbitmq-server.service',
      'JOINING: systemctl start rabbitmq-server.service',
      'JOINING: rabbitmqctl -q stop_app',
      'JOINING: rabbitmqctl -q join_cluster rabbit@cnt2',
      'JOINING: rabbitmqctl -q start_app',
      'MEMBER: nft delete table inet stackseed_rabbitmq',
    ]);
    assert.is(node.exists('/var/lib/rabbitmq/mnesia/left-over'), false);
    assert.is(node.record().history, 'aaaa');
  });
});

test('a node that joined as it started is not told to join again', () => {
  onController((node) => {
    node.joins('cnt2');
    node.act('join', 'cnt2', join);
    assert.not.ok(node.calls().some((call) => call.includes('join_cluster') || call.includes('stop_app')));
    assert.is(node.record().state, 'MEMBER');
    assert.is(node.exists('/run/stackseed/rabbitmq/join'), false);
  });
});

test('a node that was started ahead of its turn says that its data are worth nothing, and begins with them', () => {
  onController((node) => {
    node.act('warm', '', facts({}, {}));
    assert.equal(node.calls(), [
      'BLANK: nft -f ROOT/etc/stackseed/rabbitmq-shut.nft',
      'BLANK: systemctl stop rabbitmq-server.service',
      'BLANK: systemctl start rabbitmq-server.service',
    ]);
    assert.is(node.record().state, 'BLANK');
    node.step('claimed');
    node.act('claim', 1, facts({ running: 'yes', warm: 'yes' }, {}), 'claim');
    assert.equal(node.calls(), [
      'BLANK: step claim rabbitmq 1',
      'FORMING: step done rabbitmq 1 token',
      'MEMBER: nft delete table inet stackseed_rabbitmq',
    ]);
  });
});

test('a node that was started ahead of its turn joins in one command, and is asked whether it did', () => {
  const there = facts({ running: 'yes', warm: 'yes' }, { cnt2: member({ cluster: ['cnt2', 'cnt3'] }) });
  onController((node) => {
    node.blank();
    node.write(NODES, "{['rabbit@cnt1','rabbit@cnt2'],[]}");
    node.act('join', 'cnt2', there);
    const [first, ...rest] = node.calls();
    assert.match(
      first ?? '',
      /^JOINING: rabbitmqctl -q eval Peer = 'rabbit@cnt2', rabbit:stop\(\).*rabbit:start\(\)\.$/,
    );
    assert.equal(rest, ['MEMBER: nft delete table inet stackseed_rabbitmq']);
  });
  onController((node) => {
    node.blank();
    node.write(NODES, "{['rabbit@cnt1'],[]}");
    node.act('join', 'cnt2', there);
    assert.equal(node.calls().slice(1, 4), [
      'JOINING: rabbitmqctl -q stop_app',
      'JOINING: rabbitmqctl -q join_cluster rabbit@cnt2',
      'JOINING: rabbitmqctl -q start_app',
    ]);
  });
});

test('a cluster that got to know a node that runs already is asked to forget it, as any other is', () => {
  onController((node) => {
    node.act('join', 'cnt2', facts({ running: 'yes', warm: 'yes' }, { cnt2: member() }));
    assert.ok(
      node.calls().includes('JOINING: rabbitmqctl -q -n rabbit@cnt2 forget_cluster_node rabbit@cnt1'),
    );
    assert.ok(node.calls().includes('JOINING: systemctl stop rabbitmq-server.service'));
  });
});

test('where nobody is joined, what an earlier join left does not count', () => {
  onController((node) => {
    node.write('/run/stackseed/rabbitmq/join', 'x');
    node.step('claimed');
    node.act('claim', 1, facts({}, {}), 'claim');
    assert.is(node.exists('/run/stackseed/rabbitmq/join'), false);
  });
});

test('a node that the others never had is not forgotten first', () => {
  onController((node) => {
    node.act('join', 'cnt2', facts({}, { cnt2: member({ cluster: ['cnt2', 'cnt3'] }) }));
    assert.not.ok(node.calls().some((call) => call.includes('forget_cluster_node')));
  });
});

test('a join that breaks leaves data that are worth nothing', () => {
  onController((node) => {
    node.broken('join_cluster');
    assert.match(node.fails('join', 'cnt2', join), 'rabbitmqctl -q join_cluster rabbit@cnt2: Error: broken');
    assert.is(node.record().state, 'JOINING');
    node.write('/var/lib/rabbitmq/mnesia/rabbit@cnt1/schema.DAT', 'x');
    node.act('wipe', 'joining was cut off', facts({ state: 'JOINING' }, {}));
    assert.is(node.record().state, 'BLANK');
    assert.is(node.exists('/var/lib/rabbitmq/mnesia/rabbit@cnt1'), false);
  });
});

test('data of a member are worth nothing on disk before they are removed', () => {
  onController((node) => {
    node.member();
    node.act('wipe', 'forgotten', facts(member({ running: 'no' }), {}));
    assert.equal(node.calls(), [
      'JOINING: systemctl kill rabbitmq-server.service',
      'JOINING: systemctl stop rabbitmq-server.service',
    ]);
    assert.is(node.record().state, 'BLANK');
  });
});

test('with a full disk it is not asked to stop, and its data stay', () => {
  onController((node) => {
    node.member();
    node.act('stop', 'its disk is full', facts(member({ room: false }), { cnt2: member(), cnt3: member() }));
    assert.equal(node.calls(), [
      'MEMBER: systemctl kill rabbitmq-server.service',
      'MEMBER: systemctl stop rabbitmq-server.service',
    ]);
    assert.is(node.record()['state'], 'MEMBER');
  });
});

test('before a member starts, those who take it for one that is up are told that it is gone', () => {
  onController((node) => {
    node.member();
    const reports = { cnt2: member(), cnt3: member({ alive: ['cnt2', 'cnt3'] }) };
    node.act('start', '', facts(member({ running: 'no' }), reports));
    assert.equal(node.calls(), [
      'MEMBER: nft delete table inet stackseed_rabbitmq',
      "MEMBER: rabbitmqctl -q -n rabbit@cnt2 eval erlang:disconnect_node('rabbit@cnt1').",
      'MEMBER: systemctl start rabbitmq-server.service',
    ]);
    assert.is(node.record()['grown'], false);
  });
});

test('a forced start is claimed, decided upon again, and said to be done when RabbitMQ is up', () => {
  onController((node) => {
    node.member();
    node.step('claimed');
    node.act('force', 'cnt3', facts(member(), {}), 'force');
    assert.equal(node.calls(), [
      'MEMBER: step claim rabbitmq-force-0 7',
      'MEMBER: systemctl kill rabbitmq-server.service',
      'MEMBER: systemctl stop rabbitmq-server.service',
      'MEMBER: rabbitmqctl -q force_boot',
      'MEMBER: systemctl start rabbitmq-server.service',
      'MEMBER: step done rabbitmq-force-0 7 token',
    ]);
    node.act('force', 'cnt3', facts(member(), {}), 'wait');
    assert.equal(node.calls(), ['MEMBER: step claim rabbitmq-force-0 7']);
  });
});

test('queues that lost most of their copies are given up with the disks that had them', () => {
  onController((node) => {
    node.member();
    node.step('claimed');
    node.act(
      'force',
      'cnt2, cnt3',
      facts(member({ running: 'paused' }), { cnt2: section(), cnt3: section() }),
      'force',
    );
    const call = node.calls().find((one) => one.includes(' eval ')) ?? '';
    assert.match(call, "Lost = ['rabbit@cnt2', 'rabbit@cnt3'],");
  });
});

test('the password is set without being in an argument, in words that a shell leaves alone', () => {
  onController((node) => {
    node.member();
    node.act('settle', '', facts(member(), {}));
    const call = node.calls().find((one) => one.includes(' eval ')) ?? '';
    assert.match(call, 'change_password');
    assert.not.match(call, /secret|[\\\\$`]/);
    assert.is(node.record()['settled'], node.settings());
  });
});

test('on releases without quorum queues a policy mirrors all but replies and fanouts', () => {
  onController((node) => {
    node.write(
      '/etc/stackseed/rabbitmq.json',
      JSON.stringify({ unit: 'rabbitmq-server.service', queues: 'mirrored' }),
    );
    node.step('claimed');
    node.act('claim', 1, facts({}, {}), 'claim');
    const policy = node.calls().find((call) => call.includes('set_policy')) ?? '';
    const pattern = new RegExp(policy.split(' ')[5] ?? '');
    const names = ['conductor', 'reply_1a2b', 'scheduler_fanout_1a2b', 'amq.gen-1', 'q-plugin'];
    assert.equal(
      names.filter((name) => pattern.test(name)),
      ['conductor', 'q-plugin'],
    );
  });
});

test('the operator names the cluster and a controller that is gone', () => {
  onController((node) => {
    const waive = (...words: string[]) => node.program('rabbitmq_waive.py', ...words);
    assert.equal(waive('other', 'cnt3'), [1, 'this host belongs to the cluster c\n']);
    assert.equal(waive('c', 'cnt1'), [1, 'cnt1 cannot be waived: the other controllers are cnt3\n']);
    assert.equal(waive('c', 'cnt3'), [0, 'cnt3 of cluster c is waived\n']);
    assert.equal(waive('--list'), [0, 'cluster c\nwaived cnt3\n']);
    assert.equal(waive('--withdraw', 'c', 'cnt3'), [0, 'cnt3 of cluster c is no longer waived\n']);
    assert.equal(waive('--list'), [0, 'cluster c\n']);
    assert.is(waive('c')[0], 2);
  });
});

test('a broker that runs is asked for queues that nobody leads, and one that does not is left alone', () => {
  onController((node) => {
    const elect = () => [
      node.program('rabbitmq_elect.py')[0],
      node.calls().filter((call) => /trigger_election/.test(call)).length,
    ];
    assert.equal(elect(), [0, 0]);
    node.serves();
    assert.equal(elect(), [0, 1]);
    node.broken('eval');
    assert.is(elect()[0], 1);
  });
});

test('a record is never taken for blank when it is torn, or gone from beside data', () => {
  onController((node) => {
    node.write('/var/lib/rabbitmq/stackseed/state.json', '{"state": "MEM');
    assert.match(node.fails('start', '', facts(member(), {})), 'is torn');
    node.remove('/var/lib/rabbitmq/stackseed/state.json');
    node.write('/var/lib/rabbitmq/mnesia/rabbit@cnt1/schema.DAT', 'x');
    assert.match(
      node.fails('start', '', facts(member(), {})),
      'there are data in /var/lib/rabbitmq/mnesia and no',
    );
  });
});

test.run();

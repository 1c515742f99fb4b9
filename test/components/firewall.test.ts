import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../needs.ts';
import { layPrograms, onNode, type PretendNode } from './pretend-node.ts';
import { memo, rendered } from './rendered.ts';

/** An nft that keeps what was loaded in $STATE/kernel and refuses a file with "broken" in it. */
function nft(node: PretendNode): void {
  node.stub(
    'nft',
    `case $1 in
       -f) ! grep -q broken "$2" || { echo 'x.nft:1:1-6: Error: syntax error'; exit 1; }; cp "$2" "$STATE/kernel" ;;
       list) cat "$STATE/kernel" 2>/dev/null ;;
     esac`,
  );
  layPrograms(node, 'firewall', 'firewall-digest');
  node.write('/etc/stackseed/firewall.nft', rules, 0o600);
}

const rules = 'type filter hook input priority 0; policy drop;\niifname "manage" tcp dport 22 accept\n';
const loads = (calls: string[]) => calls.filter((call) => call.startsWith('nft -f')).length;
const kept = '/var/lib/stackseed/components/firewall/loaded.nft';

test('firewall loads its rules once, and again when they changed', () => {
  onNode('firewall', {}, (node) => {
    nft(node);
    const first = node.run('converge');
    assert.is(first.status, 0, first.stderr);
    assert.is(loads(first.calls), 1);
    assert.ok(first.calls.includes('systemctl --quiet enable --no-reload stackseed-firewall.service'));
    assert.is(node.read(kept), rules);
    assert.is(loads(node.run('converge').calls), 0);
    assert.is(node.run('health').stdout, 'in force, 1 openings\n');
    node.write('/etc/stackseed/firewall.nft', `${rules}udp dport 53 accept\n`);
    assert.is(loads(node.run('converge').calls), 1);
    assert.is(node.run('health').stdout, 'in force, 2 openings\n');
  });
});

test("firewall loads the operator's files after its own, in one transaction", () => {
  onNode('firewall', {}, (node) => {
    nft(node);
    node.write('/etc/stackseed/firewall.d/20-b.nft', '# b\n');
    node.write('/etc/stackseed/firewall.d/10-a.nft', '# a\n');
    assert.is(loads(node.run('converge').calls), 1);
    assert.is(node.read(kept), `${rules}# a\n# b\n`);
  });
});

test('firewall halts on rules that nft refuses, and the next boot begins with the old ones', () => {
  onNode('firewall', {}, (node) => {
    nft(node);
    node.run('converge');
    node.write('/etc/stackseed/firewall.d/mine.nft', 'broken\n');
    const ran = node.run('converge');
    assert.is(ran.status, 78);
    assert.is(ran.why, 'nft refuses the rules: x.nft:1:1-6: Error: syntax error');
    assert.is(node.read(kept), rules);
    assert.is(node.read('../state/kernel'), rules);
  });
});

test('firewall puts back what somebody changed or flushed', () => {
  onNode('firewall', {}, (node) => {
    nft(node);
    node.run('converge');
    node.write('../state/kernel', rules.replace('22', '23'));
    assert.is(node.run('health').stdout, 'the loaded rules were changed by somebody\n');
    assert.is(loads(node.run('converge').calls), 1);
    node.remove('../state/kernel');
    assert.is(node.run('health').stdout, 'no firewall is loaded\n');
    assert.is(loads(node.run('converge').calls), 1);
    assert.is(node.run('health').status, 0);
  });
});

test('firewall takes counters for what they are', () => {
  onNode('firewall', {}, (node) => {
    nft(node);
    node.write('/etc/stackseed/firewall.nft', `${rules}counter packets 0 bytes 0 drop\n`);
    node.run('converge');
    node.write('../state/kernel', `${rules}counter packets 17 bytes 1234 drop\n`);
    assert.is(node.run('health').status, 0);
    assert.is(loads(node.run('converge').calls), 0);
  });
});

needs(
  test,
  'root',
  'nft',
  'unshare',
)('firewall with the real nft: idempotent, and no table of others is touched', () => {
  onNode('firewall', {}, (node) => {
    layPrograms(node, 'firewall', 'firewall-digest');
    node.write('/etc/stackseed/firewall.nft', rendered(memo, 'router', '/etc/stackseed/firewall.nft'), 0o600);
    const ran = node.inNetwork(`set -e
      nft add table ip theirs; nft add chain ip theirs c; nft add rule ip theirs c tcp dport 80 drop
      bash "$CONVERGE"; nft list ruleset >"$STATE/first"; bash "$HEALTH"
      bash "$CONVERGE"; nft list ruleset | cmp - "$STATE/first"
      nft delete table inet stackseed; ! bash "$HEALTH"
      bash "$CONVERGE"; nft list table inet stackseed >/dev/null
      nft add rule inet stackseed input tcp dport 9999 accept; ! bash "$HEALTH"
      bash "$CONVERGE"; bash "$HEALTH"
      if nft list ruleset | grep 9999; then exit 1; fi
      nft list table ip theirs | grep -c 'dport 80'
      mkdir -p "$ROOT/etc/stackseed/firewall.d"
      echo 'table ip broken {' >"$ROOT/etc/stackseed/firewall.d/x.nft"
      ! bash "$CONVERGE"; bash "$HEALTH"`);
    assert.is(ran.status, 0, ran.stderr);
    assert.equal(ran.stdout.trim().split('\n'), [
      'in force, 4 openings',
      'no firewall is loaded',
      'the loaded rules were changed by somebody',
      'in force, 4 openings',
      '1',
      'in force, 4 openings',
    ]);
    assert.match(ran.why, /^nft refuses the rules: .*syntax error/);
  });
});

test.run();

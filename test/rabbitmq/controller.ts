import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../fixtures.ts';
import type { Facts } from './decide.ts';

/** A folder that stands for cnt1, with what the component's acts call replaced by stubs. */
export interface Controller {
  write(path: string, text: string): void;
  exists(path: string): boolean;
  remove(path: string): void;
  /** How step.py answers from now on. */
  step(answer: 'claimed' | 'done' | 'lost'): void;
  /** A command of rabbitmqctl that fails. */
  broken(word: string): void;
  /** The host that it can reach, and joins, when it starts without data and is told to. */
  joins(host: string): void;
  /** RabbitMQ runs and lets clients in. */
  serves(): void;
  /** Its record says so. */
  blank(): void;
  member(): void;
  record(): Record<string, unknown>;
  /** Digest of what is set in the cluster. */
  settings(): string;
  /** Does an act; `again` is the word that is decided when the others are asked anew. */
  act(word: string, argument: unknown, facts: Facts, again?: string): void;
  /** Does one that is to fail, and gives why. */
  fails(word: string, argument: unknown, facts: Facts, again?: string): string;
  /** Runs a program of the component, and gives its exit status and what it printed. */
  program(name: string, ...words: string[]): [number | null, string];
  /** What the last act called: the record's state at that moment, and the command. Questions are left out. */
  calls(): string[];
}

const RECORD = '/var/lib/rabbitmq/stackseed/state.json';

const driver = `
import json, os, sys
sys.path.insert(0, os.environ['ROOT'] + '/usr/local/lib/stackseed/py')
import rabbitmq_act, rabbitmq_daemon, rabbitmq_state, rabbitmq_steps
word, argument, facts, again = json.load(sys.stdin)
try:
    rabbitmq_act.act(os.environ['ROOT'], word, argument, facts, lambda: (again, '', facts))
except (rabbitmq_daemon.Broken, rabbitmq_state.Unreadable, rabbitmq_steps.Later) as error:
    sys.exit('why: %s' % error)
`;

/** Prints a call with the record's state, then does BODY. */
const stub = (body: string) => `#!/bin/bash
record=$(sed -n 's/.*"state": "\\([A-Z]*\\)".*/\\1/p' "$ROOT${RECORD}" 2>/dev/null)
note() { printf '%s: %s\\n' "\${record:-BLANK}" "\${1//$ROOT/ROOT}" >>"$CALLS"; }
${body}
`;

const systemctl = `
verb=$1; for unit; do :; done
case $verb in
  show) if [ -e "$STATE/up" ]; then echo ActiveState=active; else echo ActiveState=inactive; fi; exit ;;
  reset-failed) exit ;;
  start)
    [ -e "$ROOT/run/stackseed/allow/rabbitmq" ] && touch "$STATE/up"
    data=$ROOT/var/lib/rabbitmq/mnesia/rabbit@cnt1
    # What the real one reads from there is the name of the node that it joins.
    if [ -e "$STATE/joins" ] && grep -qF -e "'rabbit@$(cat "$STATE/joins")'" "$ROOT/run/stackseed/rabbitmq/join"; then
      mkdir -p "$data" && echo "{['rabbit@cnt1','rabbit@$(cat "$STATE/joins")'],[]}" >"$data/cluster_nodes.config"
    fi ;;
  stop | kill) rm -f "$STATE/up" ;;
esac
note "systemctl $verb $unit"`;

const step = `
import os, subprocess, sys
answer = open(os.environ['STATE'] + '/step').read()
subprocess.call([os.environ['STATE'] + '/note', 'step ' + ' '.join(sys.argv[1:])])
if sys.argv[1] == 'claim' and answer != 'done':
    print('token')
sys.exit({'claimed': 0, 'done': 3, 'lost': 1}[answer] if sys.argv[1] != 'claim' or answer == 'done' else 0)
`;

export function onController(use: (node: Controller) => void): void {
  const base = mkdtempSync(join(tmpdir(), 'stackseed-rabbitmq-'));
  try {
    use(controller(base));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

function controller(base: string): Controller {
  const at = (path: string) => join(base, 'root', path);
  const state = (name: string) => join(base, 'state', name);
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
  };
  const program = (name: string, body: string) => put(join(base, 'stubs', name), stub(body), 0o755);

  for (const component of ['peers', 'report', 'rabbitmq'])
    copyModules(component, at('/usr/local/lib/stackseed/py'));
  put(at('/usr/local/lib/stackseed/py/step.py'), step);
  put(state('note'), stub('note "$1"'), 0o755);
  put(
    at('/etc/stackseed/cluster.json'),
    JSON.stringify({
      id: 'c',
      self: 'cnt1',
      generation: 7,
      controllers: [],
      ever: [{ name: 'cnt1' }, { name: 'cnt3' }],
    }),
  );
  put(
    at('/etc/stackseed/rabbitmq.json'),
    JSON.stringify({
      unit: 'rabbitmq-server.service',
      queues: 'quorum',
      disk_free: 0,
      address: '192.168.1.51',
    }),
  );
  put(at('/etc/rabbitmq/stackseed/admin.password'), 'secret\n');
  mkdirSync(at('/var/lib/rabbitmq/mnesia'), { recursive: true });
  program('systemctl', systemctl);
  program('nft', '[ "$1" = list ] || note "nft $*"');
  program('rabbitmq-queues', 'note "rabbitmq-queues $*"');
  program(
    'rabbitmqctl',
    'note "rabbitmqctl $*"\nif grep -qF -e "$2" "$STATE/broken" 2>/dev/null; then echo Error: broken; exit 70; fi',
  );

  const env = {
    PATH: `${join(base, 'stubs')}:${process.env['PATH']}`,
    ROOT: join(base, 'root'),
    STATE: join(base, 'state'),
    CALLS: join(base, 'calls'),
  };

  function run(word: string, argument: unknown, facts: Facts, again: string): string {
    put(join(base, 'calls'), '');
    const ran = spawnSync('python3', ['-I', '-S', '-B', '-c', driver], {
      input: JSON.stringify([word, argument, facts, again]),
      encoding: 'utf8',
      env,
    });
    const why = /^why: (.*)$/m.exec(ran.stderr)?.[1];
    if (ran.status !== 0 && why === undefined) throw new Error(ran.stderr);
    return why ?? '';
  }

  function record(changes: object): void {
    const fields = { generation: null, grown: false, settled: null, ...changes };
    put(at(RECORD), JSON.stringify(fields).replaceAll(':', ': '));
  }

  return {
    write: (path, text) => put(at(path), text),
    exists: (path) => existsSync(at(path)),
    remove: (path) => rmSync(at(path), { recursive: true }),
    step: (answer) => put(state('step'), answer),
    broken: (word) => put(state('broken'), word),
    joins: (host) => put(state('joins'), host),
    serves() {
      put(state('up'), '');
      // As the kernel lists what listens: 192.168.1.51, port 5671.
      put(at('/proc/net/tcp'), '  sl  local_address\n   1: 3301A8C0:1627 00000000:0000 0A\n');
    },
    blank: () => record({ state: 'BLANK', history: null }),
    member: () => record({ state: 'MEMBER', history: 'aaaa' }),
    record: () => JSON.parse(readFileSync(at(RECORD), 'utf8')),
    settings: () => createHash('sha256').update('quorum\nsecret\n').digest('hex'),
    act(word, argument, facts, again = word) {
      const why = run(word, argument, facts, again);
      if (why !== '') throw new Error(why);
    },
    program(name, ...words) {
      const path = at(`/usr/local/lib/stackseed/py/${name}`);
      put(join(base, 'calls'), '');
      const ran = spawnSync('python3', ['-I', '-S', '-B', path, ...words], { encoding: 'utf8', env });
      return [ran.status, ran.stdout + ran.stderr];
    },
    fails: (word, argument, facts, again = word) => run(word, argument, facts, again),
    calls: () => readFileSync(join(base, 'calls'), 'utf8').trim().split('\n'),
  };
}

function copyModules(component: string, to: string): void {
  const from = join(root, 'cloud-config/components', component, 'files/usr/local/lib/stackseed/py');
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from))
    if (name.endsWith('.py')) copyFileSync(join(from, name), join(to, name));
}

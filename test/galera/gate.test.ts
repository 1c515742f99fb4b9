import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onDisk } from './python.ts';

/** What a gate with this much room answers to this question, while these peers say that they have room. */
function asked(question: string, rooms: number[], peers: string[]): string[] {
  return onDisk((disk) => {
    disk.write('/var/lib/mysql/stackseed/state.json', '');
    const said = disk.python(`
import clustercheck, galera_live, socket, sql, types
galera_state.read = lambda root: {}
sql.Connection = lambda root, timeout: None
galera_live.serving = lambda root, record, connection: (True, 'serving', {})
clustercheck.says_room = lambda address: address in ${JSON.stringify(peers)}
clustercheck.FRESH = 0
gate = clustercheck.Gate(root)
answers = []
for room in ${JSON.stringify(rooms)}:
    os.statvfs = lambda path: types.SimpleNamespace(f_bavail=room, f_frsize=1 << 20)
    here, there = socket.socketpair()
    here.sendall(${JSON.stringify(question)}.encode())
    clustercheck.answer(there, gate)
    text = here.recv(4096).decode()
    answers.append(text.split(' ')[1] + ' ' + text.splitlines()[-1])
return answers`);
    assert.ok(Array.isArray(said), String(said));
    return said as string[];
  });
}

test('a full disk closes the gate while another controller has room', () => {
  const full = '503 the disk is full; cnt3 has room';
  const answers = asked('OPTIONS / HTTP/1.0\r\n\r\n', [200, 65, 63, 100, 129, 100], ['192.168.1.53']);
  assert.equal(answers, ['200 serving', '200 serving', full, full, '200 serving', '200 serving']);
});

test('when all disks are full every gate stays open, for those who read', () => {
  assert.equal(asked('OPTIONS / HTTP/1.0\r\n\r\n', [0], []), ['200 serving']);
});

test('who asks about room hears of this disk alone', () => {
  const question = 'GET /room HTTP/1.0\r\n\r\n';
  assert.equal(asked(question, [200, 0], []), ['200 serving', '503 the disk is full']);
  // Its own address is among the controllers' too: it is not asked.
  assert.equal(asked('OPTIONS / HTTP/1.0\r\n\r\n', [0], ['192.168.1.51']), ['200 serving']);
});

test.run();

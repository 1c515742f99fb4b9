import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onDisk } from './python.ts';

const MEMORY = `
import time, types, galera_start
galera_start.last_error = lambda root: 'it ended'
memory = types.SimpleNamespace(started=True, failures=0, not_before=0.0, failure='', copy=False)
down, synced = {'synced': False, 'running': 'no'}, {'synced': True, 'running': 'primary'}
`;

test('each start receives a full copy at another port, so that who was asked before does not get into it', () => {
  onDisk((disk) => {
    const ports = disk.python('return [galera_daemon.next_port(root) for _ in range(9)]') as number[];
    assert.equal(ports, [4444, 4445, 4446, 4447, 4448, 4449, 4450, 4451, 4444]);
    disk.write('/run/stackseed/galera/copy-port', 'torn');
    assert.is(disk.python('return galera_daemon.next_port(root)'), 4444);
  });
});

test('a full copy that was refused is asked for at once, and one that broke off is asked for again', () => {
  onDisk((disk) => {
    disk.write('/run/stackseed/galera/refused', 'full copy\n');
    const seen = disk.python(`${MEMORY}
galera_start.note(root, memory, down)
refused = [memory.copy, memory.not_before]
open(root + '/run/stackseed/galera/refused', 'w').close()
memory.started = True
galera_start.note(root, memory, down)
broken = [memory.copy, memory.not_before > time.monotonic()]
galera_start.note(root, memory, synced)
return [refused, broken, memory.copy]`);
    assert.equal(seen, [[true, 0], [true, true], false]);
  });
});

test('data that Galera found to be other than the cluster’s are known by its own file', () => {
  onDisk((disk) => {
    const saved = (uuid: string) =>
      disk.write('/var/lib/mysql/data/grastate.dat', `uuid:    ${uuid}\nseqno:   -1\n`);
    const disowned = () => disk.python('return galera_data.disowned(root)');
    assert.is(disowned(), false);
    saved('11111111-2222-4333-8444-555555555555');
    assert.is(disowned(), false);
    saved('00000000-0000-0000-0000-000000000000');
    assert.is(disowned(), true);
  });
});

test.run();

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Disk, onDisk, record } from './python.ts';

const RECORD = '/var/lib/mysql/stackseed/state.json';
const DATA = '/var/lib/mysql/data';
const PARENT = '99999999-2222-4333-8444-555555555555';
const UNDEFINED = '00000000-0000-0000-0000-000000000000';

/** The position that is read when mariadbd says `said` and ends with `status`. */
function position(disk: Disk, said: string, status = 0, more: Partial<typeof record> = {}): unknown {
  disk.write('/mariadbd', `#!/bin/sh\ncat <<'END'\n${said}\nEND\nexit ${status}\n`, 0o755);
  return disk.python(`
galera_state.config = lambda root: {'daemon': root + '/mariadbd', 'unit': 'mariadb.service'}
return galera_data.read_position(root, json.loads(${JSON.stringify(JSON.stringify({ ...record, ...more }))}))`);
}

const recovered = (uuid: string, seqno: string) =>
  `2026-11-24 14:56:46 0 [Note] WSREP: Recovered position: ${uuid}:${seqno}`;

test('the position is what InnoDB has', () => {
  onDisk((disk) => {
    const found = position(disk, recovered(record.history, '41'));
    assert.equal(found, { history: record.history, position: 41, tainted: false });
    assert.is(disk.python('return galera_live.whole("9007199254740993") == 2 ** 53 + 1'), true, '64 bits');
  });
});

test('-1 is not known, which is not small', () => {
  onDisk((disk) => {
    const found = position(disk, recovered(record.history, '-1'));
    assert.equal(found, { history: record.history, position: null, tainted: false });
  });
});

test('before the first commit the position is that of the new database', () => {
  for (const grastate of [`uuid:    ${record.history}\nseqno:   -1\n`, '', undefined]) {
    onDisk((disk) => {
      if (grastate !== undefined) disk.write(`${DATA}/grastate.dat`, grastate);
      const found = position(disk, recovered(UNDEFINED, '-1'));
      assert.equal(found, { history: record.history, position: 0, tainted: false });
    });
  }
});

test('data of another history are tainted', () => {
  onDisk((disk) => {
    const found = position(disk, recovered(PARENT, '7'));
    assert.equal(found, { history: record.history, position: null, tainted: true });
    disk.write(`${DATA}/grastate.dat`, `uuid:    ${PARENT}\nseqno:   7\n`);
    assert.is((position(disk, recovered(UNDEFINED, '-1')) as { tainted: boolean }).tainted, true);
  });
});

test('a recovery that did not come up left the data at the fork', () => {
  onDisk((disk) => {
    const line: [string, number][] = [[PARENT, 7]];
    assert.equal(position(disk, recovered(PARENT, '7'), 0, { line }), {
      history: record.history,
      position: 7,
      tainted: false,
    });
    assert.is((position(disk, recovered(PARENT, '8'), 0, { line }) as { tainted: boolean }).tainted, true);
  });
});

test('a program that fails says why, and no position is made up', () => {
  onDisk((disk) => {
    const said = '2026-11-24 0 [ERROR] InnoDB: No space left on device\n2026-11-24 0 [ERROR] Aborting';
    assert.match(String(position(disk, said, 1)), /^Broken: .*status 1: .*No space left on device/);
    assert.match(String(position(disk, 'nothing of use')), /^Broken: .*told no position/);
  });
});

test('the data of a member are never emptied', () => {
  onDisk((disk) => {
    disk.write(RECORD, JSON.stringify(record));
    disk.write(`${DATA}/ibdata1`, 'rows');
    assert.match(String(disk.python('return galera_data.empty(root)')), /^Broken: .*MEMBER/);
    assert.is(disk.read(`${DATA}/ibdata1`), 'rows');
  });
});

test('the copy from before is put aside, and put back', () => {
  onDisk((disk) => {
    const before = { history: record.history, line: record.line };
    disk.write(RECORD, JSON.stringify({ ...record, state: 'JOINING', before }));
    disk.write(`${DATA}/ibdata1`, 'rows');
    disk.python('return galera_data.keep(root)');
    assert.not.ok(disk.exists(`${DATA}/ibdata1`));
    disk.write(`${DATA}/ibdata1`, 'half a copy');
    disk.python('return galera_data.restore(root)');
    assert.is(disk.read(`${DATA}/ibdata1`), 'rows');
    assert.not.ok(disk.exists('/var/lib/mysql/data.before'));
    // A crash between the record and the rename: there is nothing to put back.
    disk.python('return galera_data.restore(root)');
    assert.is(disk.read(`${DATA}/ibdata1`), 'rows');
  });
});

test('an act is dropped when record, list or daemon have changed since it was decided', () => {
  onDisk((disk) => {
    disk.write(RECORD, JSON.stringify({ ...record, waivers: ['cnt3'] }));
    const act = (own: object, live = 'no', list = 'abcdef0123') =>
      disk.python(`
galera_live.look = lambda root, history: {'running': '${live}'}
own = json.loads(${JSON.stringify(JSON.stringify({ ...record, boot: 'b', running: 'no', position: 3, ...own }))})
names = ['cnt1', 'cnt2', 'cnt3']
facts = {'self': own, 'list': '${list}', 'controllers': names, 'ever': names, 'reports': {}}
galera_daemon.start = lambda *words: None
return galera_act.act(root, 'recover' if own['attempt'] else 'unwaive', 'cnt3', facts)`);
    assert.is(act({}), false, 'the record has a waiver that the facts had not');
    assert.is(act({ waivers: ['cnt3'] }, 'no', 'other'), false, 'another list of controllers');
    const attempt = { kind: 'recovery', nonce: 'n', boot: 'b', list: 'abcdef0123', history: record.history };
    const whole = { attempt: { ...attempt, position: 3, waived: [], done: false }, waivers: ['cnt3'] };
    disk.write(RECORD, JSON.stringify({ ...record, ...whole }));
    disk.write(`${DATA}/grastate.dat`, '');
    assert.is(act(whole, 'starting'), false, 'a daemon that was not there');
    assert.is(act(whole), true);
    assert.match(
      disk.read(`${DATA}/grastate.dat`),
      /uuid: {4}11111111.*\nseqno: {3}3\nsafe_to_bootstrap: 1\n/,
    );
    const after = JSON.parse(disk.read(RECORD)) as { attempt: { done: boolean }; waivers: string[] };
    assert.is(after.attempt.done, true);
    assert.equal(after.waivers, []);
  });
});

test.run();

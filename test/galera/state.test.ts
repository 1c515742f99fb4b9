import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { onDisk, record } from './python.ts';

const RECORD = '/var/lib/mysql/stackseed/state.json';

test('a new disk gets a blank record, on disk, with an incarnation of its own', () => {
  const incarnations = [1, 2].map(() =>
    onDisk((disk) => {
      assert.is(disk.python('return galera_state.read(root)'), null);
      const made = disk.python('return galera_state.read_or_begin(root)') as typeof record;
      assert.is(made.state, 'BLANK');
      assert.equal(JSON.parse(disk.read(RECORD)), made);
      assert.equal(disk.python('return galera_state.read_or_begin(root)'), made);
      return made.incarnation;
    }),
  );
  assert.is.not(incarnations[0], incarnations[1]);
});

test('a torn record is never taken for a blank disk', () => {
  const torn = ['', '{"state": "BL', '[]', '{}', JSON.stringify({ ...record, history: null })];
  for (const text of [...torn, JSON.stringify({ ...record, state: 'WELL' })]) {
    onDisk((disk) => {
      disk.write(RECORD, text);
      assert.match(
        String(disk.python('return galera_state.read_or_begin(root)')),
        /^Unreadable: .*state\.json/,
      );
      assert.is(disk.read(RECORD), text);
    });
  }
});

test('data without a record are not a blank disk either', () => {
  for (const folder of ['data', 'data.before']) {
    onDisk((disk) => {
      disk.write(`/var/lib/mysql/${folder}/ibdata1`, '');
      assert.match(String(disk.python('return galera_state.read_or_begin(root)')), /^Unreadable: .*missing/);
    });
  }
});

test('what the package left in its own folder does not count', () => {
  onDisk((disk) => {
    disk.write('/var/lib/mysql/ibdata1', '');
    disk.write('/var/lib/mysql/mysql/global_priv.MAI', '');
    assert.is((disk.python('return galera_state.read_or_begin(root)') as typeof record).state, 'BLANK');
  });
});

test('a record that an earlier seed wrote is completed', () => {
  onDisk((disk) => {
    const { before: _, ...older } = record;
    disk.write(RECORD, JSON.stringify(older));
    assert.equal(disk.python('return galera_state.read(root)'), record);
  });
});

test('a history is a UUID out of cluster and nonce, and fits a cluster name', () => {
  onDisk((disk) => {
    const [one, same, other, strange] = disk.python(
      'make = galera_state.new_history\nreturn [make("memo", "n1"), make("memo", "n1"), make("memo", "n2"), make("lab", "n1")]',
    ) as [string, string, string, string];
    assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.is(same, one);
    assert.is(new Set([one, other, strange]).size, 3);
    assert.match(String(disk.python(`return galera_state.cluster_name("${one}")`)), /^[0-9a-f]{32}$/);
  });
});

test('the operator waives by the name of the cluster, and takes it back', () => {
  onDisk((disk) => {
    disk.write(RECORD, JSON.stringify(record));
    const waive = (...words: string[]) => disk.python(`return galera_waive.main(${JSON.stringify(words)})`);
    const waivers = () => (JSON.parse(disk.read(RECORD)) as typeof record).waivers;
    assert.is(waive('other', 'cnt3'), 1);
    assert.is(waive('memo', 'cnt1'), 1, 'this host itself');
    assert.is(waive('memo', 'cnt'), 1, 'part of a name');
    assert.equal(waivers(), []);
    assert.is(waive('memo', 'cnt3'), 0);
    assert.is(waive('memo', 'cnt3'), 0);
    assert.equal(waivers(), ['cnt3']);
    assert.is(waive('--withdraw', 'memo', 'cnt3'), 0);
    assert.equal(waivers(), []);
    assert.is(waive('memo'), 2);
  });
});

test('a section of a peer that is not one counts as unreadable', () => {
  onDisk((disk) => {
    const section = {
      ...{ ...record, boot: 'told', running: 'no', synced: false, position: 4, cached_from: null },
      ...{ list: 'x', controllers: ['cnt2'], ever: ['cnt2'], view: [] },
    };
    const report = (galera: unknown) =>
      disk.python(
        `return galera_facts.report_of({"answer": {"galera": json.loads(${JSON.stringify(JSON.stringify(galera))})}, "boot": "real"})`,
      );
    assert.equal(report(section), { ...section, boot: 'real' });
    assert.is(report(null), 'unreadable');
    for (const wrong of [
      { running: 'yes' },
      { position: '4' },
      { position: -1 },
      { position: true },
      { controllers: 'cnt2' },
      { line: [['x', 1]] },
      { attempt: { kind: 'genesis' } },
      { state: 'JOINING', history: null },
    ]) {
      assert.is(report({ ...section, ...wrong }), 'unreadable', JSON.stringify(wrong));
    }
    assert.is(disk.python('return galera_facts.report_of(None)'), null);
    assert.is(disk.python('return galera_facts.report_of("unreadable")'), 'unreadable');
  });
});

test.run();

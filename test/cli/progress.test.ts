import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startProgress } from '../../src/cli/progress.ts';

/** What a run of 100 ticks, `step` milliseconds apart, writes. */
function written(options: { isTTY: boolean; quiet?: boolean; step: number; columns?: number }): string {
  const texts: string[] = [];
  const { isTTY, quiet = false, step, columns } = options;
  const stderr = { isTTY, columns, write: (text: string) => texts.push(text) };
  let time = 0;
  const context = { stdout: stderr, stderr, env: {}, cwd: '/', quiet, json: false, color: false };
  const progress = startProgress(context, 'seeds', () => time);
  for (let done = 1; done <= 100; done++) {
    time += step;
    progress.tick(done, 100, `host${done}`);
  }
  progress.end();
  return texts.join('');
}

test('what takes less than a second says nothing', () => {
  assert.is(written({ isTTY: true, step: 9 }), '');
  assert.is(written({ isTTY: false, step: 9 }), '');
});

test('on a terminal one line is drawn again and again, and cleared', () => {
  const text = written({ isTTY: true, step: 50 });
  assert.match(text, 'seeds 20/100 host20');
  assert.not(text.includes('host19'));
  assert.not(text.includes('\n'));
  assert.ok(text.endsWith('\r\u001b[2K'));
});

test('it never wraps', () => {
  const text = written({ isTTY: true, step: 50, columns: 10 });
  assert.match(text, '\u001b[2Kseeds 20/\r');
});

test('elsewhere there is a line now and then', () => {
  const text = written({ isTTY: false, step: 100 });
  assert.is(text, 'seeds 10/100 host10\nseeds 60/100 host60\n');
});

test('--quiet silences it', () => {
  assert.is(written({ isTTY: true, quiet: true, step: 500 }), '');
});

test.run();

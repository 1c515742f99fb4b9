import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mapConcurrent } from '../../src/iso9660-builder/index.ts';

test('keeps the order and the limit', async () => {
  let running = 0;
  let most = 0;
  const results = await mapConcurrent([5, 1, 4, 2, 3, 0], 3, async (item, index) => {
    most = Math.max(most, ++running);
    await sleep(item * 3);
    running--;
    return `${index}:${item}`;
  });
  assert.equal(results, ['0:5', '1:1', '2:4', '3:2', '4:3', '5:0']);
  assert.is(most, 3);
});

test('does nothing with nothing', async () => {
  assert.equal(await mapConcurrent([], 4, async () => assert.unreachable()), []);
});

test('starts nothing after a failure, and waits for what is under way', async () => {
  const began: number[] = [];
  const ended: number[] = [];
  try {
    await mapConcurrent([0, 1, 2, 3, 4], 2, async (item) => {
      began.push(item);
      await sleep(item === 0 ? 5 : 40);
      if (item === 0) throw new Error('zero');
      ended.push(item);
    });
    assert.unreachable();
  } catch (error) {
    assert.is(String(error), 'Error: zero');
  }
  assert.equal(began, [0, 1]);
  assert.equal(ended, [1]);
});

test.run();

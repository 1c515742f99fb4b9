import type { FromKeeper, ToKeeper } from './keeper.ts';
import { localTree } from './local-tree.ts';
import type { Tree } from './types.ts';

/** The program of the keeper: keeper.ts tells what it is for. */
let tree: Promise<Tree> | undefined;

const send = (message: FromKeeper) => {
  if (process.connected) process.send?.(message);
};

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

process.on('message', (message: ToKeeper) => {
  if ('begin' in message) {
    tree = localTree({
      ...message.begin,
      changed: (arms) => send({ arms }),
      log: (line) => send({ line }),
      failed: (why) => send({ failed: why }),
    });
    tree.then(
      () => send({ ready: true }),
      (error) => send({ failed: words(error) }),
    );
  } else {
    const { disarm, turn } = message;
    tree
      ?.then((it) => it.disarm(disarm))
      .then(
        () => send({ turn }),
        (error) => send({ turn, error: words(error) }),
      );
  }
});

process.on('disconnect', () => {
  tree?.then((it) => it.end()).catch(() => {});
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

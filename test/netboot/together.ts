/** How many machines boot at once: each keeps one core of two busy for most of its way. */
const AT_ONCE = 2;

interface Waiting {
  run: () => Promise<void>;
  done: (result: Promise<void>) => void;
}

const waiting: Waiting[] = [];
let begun = false;

/**
 * Has a proof run beside another one. All that were registered begin, in their order, when somebody asks for the first
 * result.
 * @returns what gives the result of this one
 */
export function together(run: () => Promise<void>): () => Promise<void> {
  const result = new Promise<void>((resolve) => waiting.push({ run, done: resolve }));
  // Whoever asks hears of the failure; until then it is nobody's.
  result.catch(() => {});
  return () => {
    if (!begun) for (let lane = 0; lane < AT_ONCE; lane++) void next();
    begun = true;
    return result;
  };
}

async function next(): Promise<void> {
  for (let one = waiting.shift(); one; one = waiting.shift()) {
    const running = one.run();
    one.done(running);
    await running.catch(() => {});
  }
}

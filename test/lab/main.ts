import { openLab } from './lab.ts';
import { type Verb, verbs } from './verbs.ts';

/** The lab from a command line: node --import tsx test/lab/main.ts [--lab NAME] VERB ... */
async function main(argv: string[]): Promise<number> {
  const named = argv[0] === '--lab';
  const [word = '', ...rest] = named ? argv.slice(2) : argv;
  const verb = verbs.find(({ name }) => name === word);
  if (!verb) {
    process.stderr.write(`usage: main.ts [--lab NAME] VERB ...\n\n${verbs.map(line).join('')}`);
    return word === 'help' ? 0 : 2;
  }
  try {
    return await verb.run(await openLab({ name: named ? (argv[1] ?? '') : 'memo' }), rest);
  } catch (error) {
    process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function line({ name, takes, does }: Verb): string {
  return `  ${`${name} ${takes}`.padEnd(44)} ${does}\n`;
}

process.exitCode = await main(process.argv.slice(2));

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { files, importsOf, read } from './sources.ts';

/** For each folder of src/ those that it may import from: always a lower layer. */
const LAYERS: Record<string, string[]> = {
  report: [],
  document: ['report'],
  library: ['report', 'document'],
  secrets: ['report', 'document'],
  inventory: ['report', 'document', 'library'],
  plan: ['report', 'document', 'library', 'inventory'],
  graph: ['report', 'plan'],
  import: ['report', 'document'],
  render: ['report', 'document', 'library', 'inventory', 'plan'],
  install: ['report', 'library', 'inventory', 'plan', 'render'],
  'iso9660-builder': ['report'],
  pack: ['report', 'render', 'iso9660-builder'],
  netboot: ['report', 'document', 'inventory', 'install', 'iso9660-builder', 'pack'],
  status: ['report', 'secrets', 'plan'],
  timeline: ['status', 'graph'],
  generate: [
    'report',
    'document',
    'library',
    'secrets',
    'inventory',
    'plan',
    'render',
    'install',
    'iso9660-builder',
    'pack',
  ],
  power: ['report', 'secrets'],
  serve: ['report', 'secrets', 'plan', 'pack', 'netboot', 'status'],
  cli: [
    'report',
    'document',
    'library',
    'secrets',
    'inventory',
    'plan',
    'render',
    'install',
    'iso9660-builder',
    'pack',
    'netboot',
    'status',
    'generate',
    'graph',
    'import',
    'timeline',
    'power',
    'serve',
  ],
};

/** Modules that reach out of the program, to files or to other programs. The rest is pure. */
const OUTWARD = ['fs', 'fs/promises', 'child_process', 'http', 'https', 'worker_threads'].map(
  (name) => `node:${name}`,
);

/** Where that is allowed: both ends of the way of the data. */
const ENDS = [
  /^src\/document\/read-yaml\.ts$/,
  /^src\/library\//,
  /^src\/inventory\/read\.ts$/,
  /^src\/secrets\/(read|keys|replace-file|write)\.ts$/,
  /^src\/iso9660-builder\//,
  /^src\/pack\//,
  /^src\/netboot\/(arms|folders|image-files|image-source|install-iso|installer-file|tree|tree-file)\.ts$/,
  /^src\/generate\/(load|program)\.ts$/,
  /^src\/power\//,
  /^src\/serve\//,
  /^src\/cli\//,
];

const sources = files('src').filter((path) => path.endsWith('.ts'));

test('every module is in a layer', () => {
  assert.ok(sources.length > 50);
  assert.equal(
    [...new Set(sources.map(layerOf))].filter((layer) => !Object.hasOwn(LAYERS, layer)),
    [],
  );
});

test('the list of layers has no way back', () => {
  const names = Object.keys(LAYERS);
  for (const [layer, below] of Object.entries(LAYERS))
    for (const name of below) assert.ok(names.indexOf(name) < names.indexOf(layer), `${layer} → ${name}`);
});

test('imports point to lower layers', () => {
  const wrong = sources.flatMap((path) =>
    importsOf(path)
      .filter(({ target }) => target.startsWith('src/') && !mayImport(layerOf(path), layerOf(target)))
      .map(({ target }) => `${path} imports ${target}`),
  );
  assert.equal(wrong, []);
});

test('imports stay within src/', () => {
  const wrong = sources.flatMap((path) =>
    importsOf(path)
      .filter(({ target }) => /^(test|scripts|dist|cloud-config|\.\.)\//.test(target))
      .map(({ target }) => `${path} imports ${target}`),
  );
  assert.equal(wrong, []);
});

test('only the ends touch files and programs', () => {
  const wrong = sources
    .filter((path) => !ENDS.some((end) => end.test(path)))
    .flatMap((path) =>
      importsOf(path)
        .filter(({ target }) => OUTWARD.includes(target))
        .map(({ target }) => `${path} imports ${target}`),
    );
  assert.equal(wrong, []);
});

test('every end is one', () => {
  const outward = sources.filter((path) => importsOf(path).some(({ target }) => OUTWARD.includes(target)));
  for (const end of ENDS)
    assert.ok(
      outward.some((path) => end.test(path)),
      String(end),
    );
});

test('no chance and no clock between the ends', () => {
  const wrong = sources
    .filter((path) => /^src\/(plan|render|install|report|document|library|inventory)\//.test(path))
    .filter((path) =>
      /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\brandom(Bytes|UUID)\b/.test(read(path)),
    );
  assert.equal(wrong, []);
});

test('the program exits in one place', () => {
  const exits = sources.filter((path) => /\bprocess\.exit\b|\bprocess\.exitCode\b/.test(read(path)));
  assert.equal(exits, ['src/cli/main.ts']);
});

test('--help loads no module that only a command needs', () => {
  const eager = new Set<string>();
  const walk = (path: string) => {
    if (eager.has(path)) return;
    eager.add(path);
    if (!path.startsWith('src/')) return;
    for (const { target, typeOnly, later } of importsOf(path)) if (!typeOnly && !later) walk(target);
  };
  walk('src/cli/main.ts');
  const packages = [...eager].filter((name) => !name.startsWith('src/') && !name.startsWith('node:'));
  assert.equal(packages.sort(), ['commander']);
});

function layerOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function mayImport(from: string, to: string): boolean {
  return from === to || (LAYERS[from]?.includes(to) ?? false);
}

test.run();

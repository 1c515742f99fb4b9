import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Buffer;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Output also goes here, for long builds. */
  log?: string;
}

/** Runs a program to its end and gives its exit code and output. A signal counts as code 128. */
export function run(argv: string[], options: RunOptions = {}): Promise<Ran> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    const child = spawn(program, rest, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...(options.env ?? process.env), PATH: path, LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      log?.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      log?.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      log?.end();
      resolve({ code: code ?? 128, stdout, stderr });
    });
    // A program that does not read its input closes the pipe; that is its right.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** As `run`, but anything else than exit code 0 is an error that shows what the program said. */
export async function must(argv: string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(argv, options);
  if (ran.code !== 0) {
    throw new Error(`${argv.join(' ')}: exit code ${ran.code}\n${tail(ran.stdout)}${tail(ran.stderr)}`);
  }
  return ran.stdout;
}

/** One line of progress, so that a long test is not taken for one that hangs. */
export function progress(line: string): void {
  process.stderr.write(`  ${new Date().toISOString().slice(11, 19)} ${line}\n`);
}

function tail(text: string): string {
  return text.length > 4000 ? `…${text.slice(-4000)}` : text;
}

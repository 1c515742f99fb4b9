import { spawn } from 'node:child_process';

/** How a program ended, and the end of what it wrote to standard error. */
export interface Ended {
  kind: 'exited' | 'killed' | 'timed out' | 'aborted' | 'not found' | 'not started';
  status?: number;
  signal?: string;
  stderr: string;
}

const STDERR_LIMIT = 16_384;

/** Runs a program by its argument list, with no shell and no input, and waits for its end whatever that is. */
export function run(
  program: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeout: number; signal?: AbortSignal },
): Promise<Ended> {
  const { cwd, env, timeout, signal } = options;
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ kind: 'aborted', stderr: '' });
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let reason: 'timed out' | 'aborted' | undefined;
    function stop(why: 'timed out' | 'aborted'): void {
      reason = why;
      child.kill('SIGKILL');
      // Children of its own may outlive it and hold the other end.
      child.stderr.destroy();
    }
    const abort = () => stop('aborted');
    const timer = setTimeout(() => stop('timed out'), timeout);
    signal?.addEventListener('abort', abort, { once: true });

    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_LIMIT);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT' || error.code === 'EACCES';
      end({ kind: absent ? 'not found' : 'not started', stderr: error.message });
    });
    child.on('close', (status, by) => {
      // A terminal's Ctrl-C reaches the program too, and may end it before we do.
      if (reason || signal?.aborted) end({ kind: reason ?? 'aborted', stderr });
      else if (by) end({ kind: 'killed', signal: by, stderr });
      else end({ kind: 'exited', status: status ?? -1, stderr });
    });
    function end(ended: Ended): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(ended);
    }
  });
}

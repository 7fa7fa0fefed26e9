/** A client's process: its output is kept for the failure message, and it is always ended by its pid. */

import { spawn } from 'node:child_process';
import { requireProgram } from './requirements';

export interface ClientProcess {
  pid: number;
  /** The last of stdout and stderr, as they came. */
  output(): string;
  /** Complete lines of stdout so far. */
  lines(): string[];
  /** Exit code, or the signal's name; `null` while it runs. */
  exited(): number | string | null;
  /** SIGTERM, and SIGKILL when that is not heeded; resolves when the process has gone. */
  stop(): Promise<void>;
}

const OUTPUT_KEPT = 16 * 1024;
/** Clients write their cache to the disk and tell their trackers before they go. */
const GRACE_MS = 10_000;

/**
 * The kernel ends the client with this process, however this one ends: a killed test run leaves no
 * daemon behind.
 */
export function startProcess(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ClientProcess {
  const child = spawn(requireProgram('setpriv'), ['--pdeathsig', 'KILL', command, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let stdout = '';
  let exit: number | string | null = null;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output = (output + text).slice(-OUTPUT_KEPT);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-OUTPUT_KEPT);
  });
  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      exit ??= error.message;
      output += error.message;
      resolve();
    });
    // 'close' and not 'exit': the last of the output has come by then.
    child.once('close', (code, signal) => {
      exit ??= code ?? signal ?? 'unknown';
      resolve();
    });
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    lines: () => stdout.split('\n').slice(0, -1),
    exited: () => exit,
    stop: async () => {
      if (exit !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

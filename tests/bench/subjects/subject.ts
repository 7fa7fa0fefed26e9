/** The parent's half of a process under test: starts it on the server's core, asks it, ends it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import type { Ports } from '../loads/load';
import { cpuTimeOf } from './cpu-time';
import type { Vitals } from './ready';

export interface Subject {
  readonly name: string;
  readonly ports: Ports;
  readonly pid: number;
  /** It must not hand the asker back to itself. Only we promise that. */
  readonly hidesSelf: boolean;
  /** Milliseconds of processor time that it has used so far, in all its threads. */
  cpu(): number;
  /** Only of subjects that are ours. */
  vitals(): Promise<Vitals>;
  stop(): Promise<void>;
}

export interface SubjectOptions {
  name: string;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  hidesSelf?: boolean;
  /** Where it listens, when it does not say so itself. Waited for by whoever starts it. */
  ports?: Ports;
  cwd?: string;
  /** Default: the server's own. `all`: where clients share the machine with it, as many threads as they have. */
  core?: number | 'all';
}

/** The load runs on the other core; on a machine with one core nothing is pinned. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

const BOOT_TIMEOUT = 120_000;

export async function startSubject(options: SubjectOptions): Promise<Subject> {
  const { name, command, args, env = {}, hidesSelf = false, cwd, core = SERVER_CORE } = options;
  const commandLine = [command, ...args];
  const [program, ...rest] = core === 'all' ? allCores(commandLine) : pinned(core, commandLine);
  const stdio = [
    'ignore',
    'pipe',
    'pipe',
    ...(options.ports === undefined ? ['ipc' as const] : []),
  ];
  const child = spawn(program ?? command, rest, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: stdio as ('ignore' | 'pipe' | 'ipc')[],
  });
  const output = collectOutput(child);
  let isStopping = false;
  const ended = once(child, 'exit').then(() => {
    if (!isStopping) throw new Error(`${name} ended by itself:\n${output.errors()}`);
  });
  ended.catch(() => undefined); // otherwise the load sees it: it gets no answers
  const ports =
    options.ports ??
    (await Promise.race([portsOf(child, name), neverPorts(ended)]).catch((error: unknown) => {
      child.kill('SIGKILL'); // it may still be starting, and nobody would ever end it
      throw error;
    }));
  const pid = child.pid ?? 0;
  return {
    name,
    ports,
    pid,
    hidesSelf,
    cpu: () => cpuTimeOf(pid),
    async vitals() {
      const answered = once(child, 'message') as Promise<[Vitals]>;
      child.send({});
      return (await answered)[0];
    },
    async stop() {
      isStopping = true;
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** @returns the command line with `taskset` in front where there are two cores to keep apart */
export function pinned(core: number, commandLine: readonly string[]): string[] {
  return process.env['BENCH_PINNED'] === '1'
    ? ['taskset', '--cpu-list', String(core), ...commandLine]
    : [...commandLine];
}

/** @returns the command line, freed from the one core that this process is pinned to */
export function allCores(commandLine: readonly string[]): string[] {
  return process.env['BENCH_PINNED'] === '1'
    ? ['taskset', '--cpu-list', `0-${cpus().length - 1}`, ...commandLine]
    : [...commandLine];
}

function collectOutput(child: ChildProcess) {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000);
  });
  return { errors: () => text };
}

/** The first line that is a JSON object; the rest of the output is read and thrown away. */
async function portsOf(child: ChildProcess, name: string): Promise<Ports> {
  if (child.stdout === null) throw new Error(`${name} has no output`);
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} does not start`)), BOOT_TIMEOUT);
    lines.on('line', (line) => {
      if (!line.startsWith('{')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as Ports);
    });
  });
}

async function neverPorts(ended: Promise<void>): Promise<never> {
  await ended;
  throw new Error('stopped while it started');
}

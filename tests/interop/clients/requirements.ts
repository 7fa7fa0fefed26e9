/** The programs that the interop tests drive, and the Debian package of each. */

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** The system's own interpreter: Debian's libtorrent module belongs to no other. */
export const PYTHON = '/usr/bin/python3';

/** The Debian package of each; `npm test` installs those of tests/debian-packages.json. */
const PACKAGES = {
  aria2c: 'aria2',
  'transmission-daemon': 'transmission-daemon',
  'qbittorrent-nox': 'qbittorrent-nox',
  rtorrent: 'rtorrent',
  opentracker: 'opentracker',
  curl: 'curl',
  setpriv: 'util-linux',
  libtorrent: 'python3-libtorrent',
} as const;

export type Program = keyof typeof PACKAGES;

export class MissingProgramError extends Error {
  override name = 'MissingProgramError';

  constructor(programs: readonly Program[]) {
    const packages = programs.map((program) => PACKAGES[program]);
    super(
      `Not installed: ${programs.join(', ')}. ` +
        `Run: apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    );
  }
}

/** The program's path; for `libtorrent` the interpreter that can import it. Throws `MissingProgramError`. */
export function requireProgram(program: Program): string {
  const found = findProgram(program);
  if (found === undefined) throw new MissingProgramError([program]);
  return found;
}

/** One error that names all that is missing. */
export function requirePrograms(
  programs: readonly Program[] = Object.keys(PACKAGES) as Program[],
): void {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) throw new MissingProgramError(missing);
}

/** Asked of the interpreter once: starting it takes longer than a look at the PATH. */
let libtorrent: string | undefined;

function findProgram(program: Program): string | undefined {
  if (program !== 'libtorrent') return onPath(program);
  libtorrent ??= pythonWithLibtorrent();
  return libtorrent;
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(filename: string): boolean {
  try {
    accessSync(filename, constants.X_OK);
    return true;
  } catch {
    return false; // the answer to the question, whatever the reason
  }
}

function pythonWithLibtorrent(): string | undefined {
  if (!existsSync(PYTHON)) return undefined;
  try {
    execFileSync(PYTHON, ['-c', 'import libtorrent'], { stdio: 'ignore' });
    return PYTHON;
  } catch {
    return undefined; // the module is missing: same answer as no interpreter
  }
}

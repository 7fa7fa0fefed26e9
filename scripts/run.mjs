/** Runs programs and prints what goes on, for the scripts next to this file. */

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

export function say(text) {
  console.log(`\n▸ ${text}`);
}

/**
 * @param options.quiet show the output only when the program fails
 * @returns the output, and the exit code where `mayFail` is set
 */
export async function run(command, args, options = {}) {
  const { cwd = ROOT, env = {}, quiet = false, mayFail = false } = options;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      if (!quiet) process.stdout.write(chunk);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0 && quiet) process.stdout.write(output);
  if (code !== 0 && !mayFail) {
    throw new Error(`${command} ${args.join(' ')} ended with code ${code}`);
  }
  return { output, code };
}

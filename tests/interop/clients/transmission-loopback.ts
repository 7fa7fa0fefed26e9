import fs from 'node:fs/promises';
import path from 'node:path';
import { requireProgram } from './requirements';

/**
 * `isMartianAddr` of Transmission 3.00 (libtransmission/net.c), as Debian compiles it for amd64: the first
 * octet is loaded, compared with 0, then with 127. The 127 becomes a second 0.
 */
const MARTIAN_CHECK = /(\x0f\xb6\x47\x04\x84\xc0\x74[^])\x3c\x7f(\x74)/g;

/**
 * The stock binary takes 127/8 for "martian" and never connects to such a peer (it does accept one that
 * dials it, and web seeds and trackers are no peers). Makes a copy of the installed one that does.
 * @returns the path of the copy, for `transmissionBinary`
 */
export async function makeLoopbackTransmission(folder: string): Promise<string> {
  const original = await fs.readFile(requireProgram('transmission-daemon'), 'latin1');
  let places = 0;
  const patched = original.replace(MARTIAN_CHECK, (_code, before: string, after: string) => {
    places += 1;
    return `${before}\x3c\x00${after}`;
  });
  if (places === 0) {
    throw new Error(
      'This transmission-daemon is not the known 3.00: its address check was not found',
    );
  }
  const copy = path.join(folder, 'transmission-daemon-loopback');
  await fs.writeFile(copy, patched, { encoding: 'latin1', mode: 0o755 });
  return copy;
}

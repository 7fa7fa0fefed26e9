/** Sets of IP networks, as configuration writes them. */
import { parseAddress } from '../address';
import type { AddressFamily } from '../swarm/swarm-store';

/** Whether the set holds the address in the first 4 or 16 bytes of `address`. */
export type NetworkSet = (address: Uint8Array, family: AddressFamily) => boolean;

interface Network {
  family: AddressFamily;
  bytes: Uint8Array;
  bits: number;
}

const PREFIX_LENGTH = /^\d{1,3}$/;

/**
 * @param option names the setting in an error
 * @param texts addresses (`10.0.0.1`) and networks (`10.0.0.0/8`, `fd00::/8`)
 * @throws Error that names the text that is neither
 */
export function createNetworkSet(option: string, texts: readonly string[]): NetworkSet {
  const networks = texts.map((text) => {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`${option}: "${text}" is no IP address and no network`);
    return network;
  });
  const has4 = matcher(networks, 4, 1);
  const has6 = matcher(networks, 6, 4);
  return (address, family) => (family === 4 ? has4(address) : has6(address));
}

/** The four bytes from `at` on as an unsigned number. */
export function wordAt(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const low = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
  return ((high << 16) | low) >>> 0;
}

/** Compares whole words, because it is asked about at each announce. */
function matcher(
  networks: readonly Network[],
  family: AddressFamily,
  words: number,
): (address: Uint8Array) => boolean {
  const ours = networks.filter((network) => network.family === family);
  const each = (valueOf: (network: Network, word: number) => number): Uint32Array =>
    Uint32Array.from({ length: ours.length * words }, (_, i) => {
      const network = ours[Math.floor(i / words)];
      return network === undefined ? 0 : valueOf(network, i % words);
    });
  const masks = each(({ bits }, word) => maskOf(bits - 32 * word));
  const bases = each(({ bits, bytes }, word) => wordAt(bytes, 4 * word) & maskOf(bits - 32 * word));

  return (address) => {
    const first = wordAt(address, 0);
    for (let i = 0; i < bases.length; i += words) {
      if ((first & (masks[i] ?? 0)) >>> 0 !== bases[i]) continue;
      let word = 1;
      while (word < words && matches(address, word, masks[i + word], bases[i + word])) word += 1;
      if (word === words) return true;
    }
    return false;
  };
}

function matches(address: Uint8Array, word: number, mask = 0, base = 0): boolean {
  return (wordAt(address, 4 * word) & mask) >>> 0 === base;
}

/** The leading `bits` of a word. */
function maskOf(bits: number): number {
  // A shift by 32 would be one by 0.
  return bits <= 0 ? 0 : -1 << (32 - Math.min(bits, 32));
}

function parseNetwork(text: string): Network | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bytes = new Uint8Array(16);
  const family = address.includes('%') ? 0 : parseAddress(address, bytes);
  if (family === 0) return null;
  // An IPv4-mapped network counts the 96 bits in front of the address.
  const skipped = family === 4 && address.includes(':') ? 96 : 0;
  const longest = family === 4 ? 32 : 128;
  if (slash < 0) return { family, bytes, bits: longest };
  const length = text.slice(slash + 1);
  const bits = Number(length) - skipped;
  if (!PREFIX_LENGTH.test(length) || bits < 0 || bits > longest) return null;
  return { family, bytes, bits };
}

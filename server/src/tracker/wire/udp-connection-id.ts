/**
 * Connection ids (BEP 15): who sends one back receives at the address that he sends from. Nothing is
 * remembered of those who asked: an id is a keyed hash of address and time, so that a flood of
 * connects from forged addresses fills no table.
 */
import type { Clock } from '../clock';
import type { AddressFamily } from '../swarm/swarm-store';
import { readWord, writeWord } from './udp-packet';
import { createSipHash } from './udp-siphash';

export interface ConnectionIds {
  /** Writes the 8 bytes of an id for the address (the first 4 or 16 bytes of `source`). */
  write(source: Uint8Array, family: AddressFamily, out: Buffer, at: number): void;
  /** Whether the 8 bytes that `packet` begins with are an id given to this address lately. */
  areIn(packet: Buffer, source: Uint8Array, family: AddressFamily): boolean;
}

export interface ConnectionIdsDeps {
  clock: Clock;
  /** 16 random bytes, made anew at each start. */
  secret: Uint8Array;
}

/**
 * BEP 15 asks for two minutes; an id of the window before is good too, so it lasts for two to four.
 * µTorrent keeps one for longer than it may.
 */
const WINDOW = 120_000;

export function createConnectionIds({ clock, secret }: ConnectionIdsDeps): ConnectionIds {
  const sipHash = createSipHash(secret);
  /** Address and window. The two families cannot be mistaken: a hash depends on the length. */
  const message = new Uint8Array(20);
  const hash = new Int32Array(2);

  /**
   * Leaves in `hash` the id for this window. Its lowest bit says whether the window is an even one,
   * so that a check needs one hash and not two; 63 bits are left to guess.
   */
  function compute(source: Uint8Array, family: AddressFamily, window: number): void {
    const addressBytes = family === 4 ? 4 : 16;
    for (let i = 0; i < addressBytes; i += 1) message[i] = source[i] ?? 0;
    for (let i = 0; i < 4; i += 1) message[addressBytes + i] = window >>> (8 * i);
    sipHash(message, addressBytes + 4, hash);
    hash[0] = ((hash[0] ?? 0) & ~1) | (window & 1);
  }

  const currentWindow = (): number => Math.floor(clock() / WINDOW);

  return {
    write(source, family, out, at) {
      compute(source, family, currentWindow());
      writeWord(out, at, hash[1] ?? 0);
      writeWord(out, at + 4, hash[0] ?? 0);
    },
    areIn(packet, source, family) {
      const low = readWord(packet, 4);
      const current = currentWindow();
      compute(source, family, ((low ^ current) & 1) === 0 ? current : current - 1);
      return low === hash[0] && readWord(packet, 0) === hash[1];
    },
  };
}

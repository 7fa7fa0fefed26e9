/**
 * Protocol encryption (Message Stream Encryption, as all clients speak it), both halves, without a
 * socket: bytes in, bytes out. Clients set to require it reach nobody who cannot.
 *
 * 1. A → B: public key, padding. 2. B → A: public key, padding.
 * 3. A → B: HASH('req1', S), HASH('req2', SKEY) xor HASH('req3', S),
 *    RC4(VC, crypto_provide, len(padC), padC, len(IA), IA).
 * 4. B → A: RC4(VC, crypto_select, len(padD), padD), and from here on what was selected.
 *
 * S is the shared secret, SKEY the info-hash, VC eight zeros, IA the start of A's own stream.
 */

export { acceptMse, skeyDigest, type AcceptDeps } from './mse-accept';
export { initiateMse, type InitiateDeps } from './mse-initiate';
export type { MseDeps, MseDone, MseHandshake, MseProgress } from './mse-steps';

/** The Diffie-Hellman part of protocol encryption (BEP 8's MSE): 768 bits, generator 2. */

import { createDiffieHellman } from 'node:crypto';

/** Bytes of a public key and of the secret. */
export const PUBLIC_KEY_BYTES = 96;
/** MSE recommends 160 bits: longer ones cost more and add nothing to a 768-bit prime. */
const PRIVATE_KEY_BYTES = 20;

const PRIME = Buffer.from(
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74' +
    '020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437' +
    '4fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563',
  'hex',
);

export interface KeyPair {
  /** {@link PUBLIC_KEY_BYTES} bytes. */
  readonly publicKey: Buffer;
  /** The shared secret; `null` for a public key that nobody honest has (0, 1, -1). */
  secretWith(other: Buffer): Buffer | null;
}

export type KeyExchange = () => KeyPair;

/**
 * One object for all connections: making one takes 30 ms of CPU (it checks the prime), setting
 * another private key takes a tenth of one.
 */
export function createKeyExchange(random: (bytes: number) => Buffer): KeyExchange {
  const group = createDiffieHellman(PRIME, 2);

  return () => {
    const privateKey = random(PRIVATE_KEY_BYTES);
    group.setPrivateKey(privateKey);
    const publicKey = padded(group.generateKeys());
    return {
      publicKey,
      secretWith(other) {
        try {
          group.setPrivateKey(privateKey);
          return padded(group.computeSecret(other));
        } catch {
          return null;
        }
      },
    };
  };
}

/** OpenSSL leaves leading zeros out. */
function padded(number: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(PUBLIC_KEY_BYTES - number.length), number]);
}

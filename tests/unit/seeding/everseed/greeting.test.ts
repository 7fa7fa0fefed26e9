import { randomBytes } from 'node:crypto';
import { acceptGreeting } from '../../../../server/src/seeding/everseed/greeting';
import { writeHandshake } from '../../../../server/src/seeding/everseed/wire/handshake';
import { createKeyExchange } from '../../../../server/src/seeding/everseed/wire/key-exchange';
import { initiateMse, skeyDigest } from '../../../../server/src/seeding/everseed/wire/mse';

const infoHash = randomBytes(20);
const peerId = randomBytes(20);
const deps = { keys: createKeyExchange(randomBytes), random: randomBytes };
const infoHashOf = (digest: string) => (digest === skeyDigest(infoHash) ? infoHash : undefined);

test('a client that says hello only behind the encrypted greeting is answered once (aria2 does so)', () => {
  const greeting = acceptGreeting({ ...deps, infoHashOf });
  const client = initiateMse({ ...deps, infoHash, initialPayload: Buffer.alloc(0) });
  const keys = greeting.push(client.start);
  if (keys.kind !== 'waiting') throw new Error('no key');
  const offer = client.push(keys.send!);
  if (offer.kind !== 'waiting') throw new Error('no offer');
  const selected = greeting.push(offer.send!);
  if (selected.kind !== 'waiting') throw new Error('nothing selected');
  const done = client.push(selected.send!);
  expect(done).toMatchObject({ kind: 'done', received: Buffer.alloc(0) });

  const hello = Buffer.concat([writeHandshake(infoHash, peerId), Buffer.from('more')]);
  const greeted = greeting.push(hello);
  expect(greeted).toEqual({
    kind: 'greeted',
    send: null,
    peer: { infoHash, peerId, extensions: true, fast: true },
    encrypt: null,
    decrypt: null,
    rest: Buffer.from('more'),
  });
});

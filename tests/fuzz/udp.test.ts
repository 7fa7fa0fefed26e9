/** Any packet at all: never a throw, and never an answer to whoever has no id, but to a connect. */
import fc from 'fast-check';
import {
  createTracker,
  createUdpEndpoint,
  MAX_UDP_REPLY_BYTES,
  UdpAnswer,
} from '../../server/src/tracker';
import { handClock, seededRandom } from '../contract/swarm-fixtures';
import {
  announcePacket,
  connectPacket,
  HASH,
  scrapePacket,
  urlData,
} from '../unit/tracker/udp-packets';
import { fuzz, holds } from './property';

const OURS = '11.0.0.1';
const FOREIGN = '2001:db8::1';

const clock = handClock();
const tracker = createTracker({ gate: { admit: () => 0 }, clock, random: seededRandom(1) });
const endpoint = createUdpEndpoint({ tracker, clock, secret: Buffer.alloc(16, 's') });

/** Twice the room of the longest answer, so that an answer too long would be seen. */
const out = new UdpAnswer(2 * MAX_UDP_REPLY_BYTES);

function answerTo(packet: Buffer, address: string): Buffer {
  const answer = endpoint.answer(packet, address, 4000, out);
  if (typeof answer !== 'number') throw new Error('a store in memory answers at once');
  holds(answer <= MAX_UDP_REPLY_BYTES, `${answer} bytes`);
  return out.first(answer);
}

const id = Buffer.from(answerTo(connectPacket(), OURS).subarray(8));

const SEEDS = [
  connectPacket(),
  announcePacket(id),
  announcePacket(id, { options: urlData('/announce?passkey=K') }),
  announcePacket(id, { options: Buffer.concat([urlData('/announce/'), urlData('K')]) }),
  announcePacket(id, { event: 3, port: 0, options: Buffer.alloc(2) }),
  scrapePacket(id, [HASH]),
  scrapePacket(id, Array<Buffer>(74).fill(HASH)),
];

const randomPacket = fc
  .uint8Array({ maxLength: 200, size: 'max' })
  .map((bytes) => Buffer.from(bytes));

/** A good packet with some bytes changed, cut off, or longer than it should be. */
const mutatedPacket = fc
  .record({
    seed: fc.constantFrom(...SEEDS),
    changes: fc.array(fc.tuple(fc.nat(180), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    cut: fc.option(fc.nat(180)),
    more: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ seed, changes, cut, more }) => {
    const packet = Buffer.concat([seed, more]);
    for (const [at, byte] of changes) if (at < packet.length) packet[at] = byte;
    return packet.subarray(0, cut ?? packet.length);
  });

const isConnect = (packet: Buffer): boolean =>
  packet.length >= 16 && packet.subarray(0, 12).equals(connectPacket().subarray(0, 12));

const hasId = (packet: Buffer): boolean => packet.subarray(0, 8).equals(id);

/** What stands in every answer: an action that fits the request's, and its transaction. */
function check(packet: Buffer, answer: Buffer): void {
  const action = packet.readUInt32BE(8);
  holds([action, 3].includes(answer.readUInt32BE(0)), 'the answer to something else');
  holds(answer.readInt32BE(4) === packet.readInt32BE(12), 'of another transaction');
}

it.each([
  ['random', randomPacket],
  ['random, behind an id,', randomPacket.map((packet) => Buffer.concat([id, packet]))],
  ['mutated', mutatedPacket],
])('%s packets', (_name, packets) => {
  fuzz(packets, (packet) => {
    const untouched = Buffer.from(packet);
    for (const address of [OURS, FOREIGN]) {
      const answer = answerTo(packet, address);
      if (answer.length === 0) {
        holds(!isConnect(packet), 'no answer to a connect');
        continue;
      }
      if (isConnect(packet)) holds(answer.length === 16, 'more than the answer to a connect');
      else holds(hasId(packet) && address === OURS, 'an answer to who has no id');
      check(packet, answer);
    }
    holds(packet.equals(untouched), 'the packet was changed');
  });
});

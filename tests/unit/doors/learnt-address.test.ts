import { createLearntAddresses } from '../../../server/src/doors/learnt-address';

const OURS = '203.0.113.7';
const compact = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

function meet() {
  let now = 0;
  const learnt = createLearntAddresses({ clock: () => now });
  return {
    learnt,
    say: (peer: string, seen = OURS) => learnt.heard(peer, compact(seen)),
    wait: (hours: number) => (now += hours * 3_600_000),
  };
}

test('peers of three networks are believed, and not one network with three addresses', () => {
  const { learnt, say } = meet();
  for (const peer of ['8.8.1.1', '8.8.2.2', '8.8.3.3', '9.9.9.9']) say(peer);
  expect(learnt.of(4)).toBeNull();
  say('::ffff:77.1.2.3'); // as a socket for both families gives it
  expect(learnt.of(4)).toBe(OURS);
  expect(learnt.of(6)).toBeNull();
});

test('where half of the networks say something else, nobody is believed', () => {
  const { learnt, say } = meet();
  for (const n of [1, 2, 3]) say(`8.${n}.0.1`);
  for (const n of [1, 2, 3]) say(`9.${n}.0.1`, '198.51.101.1');
  expect(learnt.of(4)).toBeNull();
  say('8.4.0.1');
  expect(learnt.of(4)).toBe(OURS);
});

test.each([
  ['a private address', '8.8.0.1', '192.168.1.2'],
  ['loopback', '8.8.0.1', '127.0.0.1'],
  ['what a private peer sees', '10.0.0.1', OURS],
  ['what a peer of the other family sees', '2001:4860::1', OURS],
  ['what nobody says', 'no address', OURS],
])('%s does not count', (_what, peer, seen) => {
  const { learnt, say } = meet();
  for (const n of [1, 2]) say(`9.${n}.0.1`);
  say(peer, seen);
  for (const n of [1, 2, 3]) say(peer.replace('8.8', `8.${n}`), seen);
  expect(learnt.of(4)).toBeNull();
});

test('IPv6 is learnt from IPv6', () => {
  const { learnt } = meet();
  const ours = Buffer.from('2606470000000000000000000000abcd', 'hex');
  for (const peer of ['2001:4860::1', '2a00:1450::1', '2a00:1451::1']) learnt.heard(peer, ours);
  expect(learnt.of(6)).toBe('2606:4700:0:0:0:0:0:abcd');
});

test('an address that nobody has confirmed for a day is forgotten', () => {
  const { learnt, say, wait } = meet();
  for (const n of [1, 2, 3]) say(`8.${n}.0.1`);
  wait(25);
  expect(learnt.of(4)).toBeNull();
});

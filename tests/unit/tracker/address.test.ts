import { isIP, isIPv4 } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { formatAddress, parseAddress } from '../../../server/src/tracker';
import { isUsableSource } from '../../../server/src/tracker/address';

const parse = (text: string): string => {
  const out = new Uint8Array(16);
  const family = parseAddress(text, out);
  if (family === 0) return 'none';
  return Buffer.from(out.subarray(0, family === 4 ? 4 : 16)).toString('hex');
};

it.each([
  ['127.0.0.1', '7f000001'],
  ['0.0.0.0', '00000000'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '0'.repeat(32)],
  ['::1', '0'.repeat(31) + '1'],
  ['1::', '0001' + '0'.repeat(28)],
  ['2001:db8::1', '20010db8' + '0'.repeat(23) + '1'],
  ['2001:DB8::A', '20010db8' + '0'.repeat(23) + 'a'],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
  ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['::ffff:10.1.2.3', '0a010203'],
  ['::FFFF:10.1.2.3', '0a010203'],
  ['0:0:0:0:0:ffff:a01:203', '0a010203'],
  ['::ffff:0:0', '00000000'],
  ['fe80::1%eth0', 'fe80' + '0'.repeat(27) + '1'],
  ['::ffff:10.1.2.3%4', '0a010203'],
])('reads %s', (text, bytes) => {
  expect(parse(text)).toBe(bytes);
});

it.each([
  '',
  ' ',
  '1',
  '1.2.3',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4.',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  '1.2.3.00',
  '1.2.3.-4',
  '+1.2.3.4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.4%eth0',
  '0x7f.0.0.1',
  '1.2.3.٤',
  '1.2.3.4:80',
  ':',
  ':1',
  '1:',
  ':::',
  '1:::2',
  '1::2::3',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '12345::',
  '::g',
  '::1.2.3',
  '::1.2.3.4:5',
  '1.2.3.4::',
  '1:2:3:4:5:6:7:1.2.3.4',
  '[::1]',
  '%',
  '%eth0',
  ':: 1',
  'localhost',
  '::ffff:1.2.3.256',
  '1'.repeat(1000),
  ':'.repeat(46),
  `${'0'.repeat(40)}::1`,
])('has no address for %j', (text) => {
  expect(parse(text)).toBe('none');
});

it('agrees with Node about what is an address', () => {
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-f:.]{0,24}$/),
    fc.ipV6().map((text) => text.replace(':', '')),
    fc.ipV4().map((text) => `::ffff:${text}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect([text, parse(text) !== 'none']).toEqual([text, isIP(text) !== 0]);
      if (isIP(text) === 0) return;
      // URL writes all in groups; ipaddr.js alone takes the deprecated ::a.b.c.d for a mapped one.
      const groups = isIPv4(text) ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1);
      const oracle = Buffer.from(ipaddr.process(groups).toByteArray()).toString('hex');
      expect([text, parse(text)]).toEqual([text, oracle]);
    }),
    { numRuns: 5000 },
  );
});

it('never throws and never writes past 16 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const out = new Uint8Array(17).fill(0xee);
      expect([0, 4, 6]).toContain(parseAddress(text, out));
      expect(out[16]).toBe(0xee);
    }),
    { numRuns: 3000 },
  );
});

it('writes addresses that it reads again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const bytes = new Uint8Array(18);
      const family = parseAddress(text, bytes);
      const written = formatAddress(bytes, 0, family === 4 ? 4 : 6);
      expect(isIPv4(written)).toBe(family === 4);
      expect(parse(written)).toBe(parse(text));
    }),
  );
});

it.each([
  ['8.8.8.8', true],
  ['127.0.0.1', true],
  ['10.0.0.1', true],
  ['::1', true],
  ['fd00::1', true],
  ['2001:db8::1', true],
  ['0.0.0.0', false],
  ['0.1.2.3', false],
  ['169.254.3.4', false],
  ['224.0.0.1', false],
  ['239.255.255.250', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['fe80::1', false],
  ['febf::1', false],
  ['fec0::1', true],
  ['ff02::1', false],
  ['::ffff:224.0.0.1', false],
])('says of a peer at %s that it can be reached: %s', (text, usable) => {
  const out = new Uint8Array(16);
  const family = parseAddress(text, out);
  expect(isUsableSource(out, family === 4 ? 4 : 6)).toBe(usable);
});

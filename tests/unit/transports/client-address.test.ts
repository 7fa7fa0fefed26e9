import fc from 'fast-check';
import { isIP } from 'node:net';
import { createClientAddress } from '../../../server/src/transports';

const address = (
  trustedProxies: string[],
  remoteAddress: string | undefined,
  forwarded?: string,
  onGarbage?: () => void,
): string =>
  createClientAddress({ trustedProxies, ...(onGarbage === undefined ? {} : { onGarbage }) })({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

const PROXIES = ['10.0.0.0/8', '192.168.1.1', 'fd00::/8', '2001:db8::7'];

describe('without trusted proxies', () => {
  it.each([
    ['11.1.1.1', '11.1.1.1'],
    ['::1', '::1'],
    ['::ffff:11.1.1.1', '11.1.1.1'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, ''],
  ])('is the address of the socket: %s', (remote, expected) => {
    expect(address([], remote)).toBe(expected);
    expect(address([], remote, '9.9.9.9')).toBe(expected);
  });
});

describe('with trusted proxies', () => {
  it.each([
    // socket, X-Forwarded-For, client
    ['11.1.1.1', '9.9.9.9', '11.1.1.1'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '9.9.9.9', '9.9.9.9'],
    ['::ffff:10.1.2.3', '9.9.9.9', '9.9.9.9'],
    ['192.168.1.1', '9.9.9.9', '9.9.9.9'],
    ['192.168.1.2', '9.9.9.9', '192.168.1.2'],
    ['fd12::3', '9.9.9.9', '9.9.9.9'],
    ['2001:db8::7', '2001:db8::9', '2001:db8::9'],
    ['2001:db8::8', '9.9.9.9', '2001:db8::8'],
    // From the right: what a stranger wrote to the left of his own address is his invention.
    ['10.1.2.3', '1.1.1.1, 9.9.9.9', '9.9.9.9'],
    ['10.1.2.3', '1.1.1.1, 9.9.9.9, 10.0.0.9', '9.9.9.9'],
    ['10.1.2.3', '1.1.1.1,9.9.9.9,fd00::1,10.0.0.9', '9.9.9.9'],
    ['10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['10.1.2.3', ' 9.9.9.9 ', '9.9.9.9'],
    ['10.1.2.3', '9.9.9.9:51413', '9.9.9.9'],
    ['10.1.2.3', '[2001:db8::5]:443', '2001:db8::5'],
    ['10.1.2.3', '[2001:db8::5]', '2001:db8::5'],
    ['10.1.2.3', '::ffff:9.9.9.9', '9.9.9.9'],
    ['10.1.2.3', 'fe80::1%eth0', 'fe80::1'],
    // Garbage where the address should be.
    ['10.1.2.3', '', '10.1.2.3'],
    ['10.1.2.3', ' ', '10.1.2.3'],
    ['10.1.2.3', 'unknown', '10.1.2.3'],
    ['10.1.2.3', '9.9.9.9,', '10.1.2.3'],
    ['10.1.2.3', '9.9.9.9, unknown, 10.0.0.9', '10.1.2.3'],
    ['10.1.2.3', '999.9.9.9', '10.1.2.3'],
    ['10.1.2.3', '[9.9.9.9', '10.1.2.3'],
    // Garbage that nobody has to look at.
    ['10.1.2.3', 'unknown, 9.9.9.9', '9.9.9.9'],
  ])('a request from %s forwarded for %j is from %s', (remote, forwarded, expected) => {
    expect(address(PROXIES, remote, forwarded)).toBe(expected);
  });

  it('tells of garbage that a trusted proxy sent, not of a stranger’s', () => {
    const onGarbage = jest.fn();
    address(PROXIES, '11.1.1.1', 'nonsense', onGarbage);
    expect(onGarbage).not.toHaveBeenCalled();
    address(PROXIES, '10.1.2.3', 'nonsense', onGarbage);
    expect(onGarbage).toHaveBeenCalledTimes(1);
  });

  it('judges each socket by itself', () => {
    const clientAddress = createClientAddress({ trustedProxies: PROXIES });
    const from = (remoteAddress: string) =>
      clientAddress({ socket: { remoteAddress }, headers: { 'x-forwarded-for': '9.9.9.9' } });
    expect(['10.1.1.1', '10.1.1.1', '11.1.1.1', '10.1.1.1', '11.1.1.1'].map(from)).toEqual([
      '9.9.9.9',
      '9.9.9.9',
      '11.1.1.1',
      '9.9.9.9',
      '11.1.1.1',
    ]);
  });

  it('gives an address or the socket’s, whatever the header holds', () => {
    const pieces = fc.constantFrom(
      '1.2.3.4',
      '10.0.0.1',
      '::1',
      '[',
      ']',
      ':',
      ',',
      ' ',
      '%',
      'x',
      '\u00ff',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (header) => {
        const found = address(PROXIES, '10.1.2.3', header.join(''));
        expect(isIP(found)).not.toBe(0);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('with a number of hops', () => {
  it.each([
    // hops, X-Forwarded-For, client
    [1, '1.1.1.1, 9.9.9.9', '9.9.9.9'],
    // As Koa's maxIpsCount: a proxy may have a public address, and a client a private one.
    [2, '1.1.1.1, 9.9.9.9, 8.8.8.8', '9.9.9.9'],
    [2, '10.0.0.7, 8.8.8.8', '10.0.0.7'],
    [1, '10.0.0.7', '10.0.0.7'],
    [3, '9.9.9.9, 8.8.8.8', '9.9.9.9'],
    [2, 'unknown, 8.8.8.8', '10.1.2.3'],
    [1, 'unknown, 8.8.8.8', '8.8.8.8'],
  ])('%i of %j is %s', (hops, forwarded, expected) => {
    const clientAddress = createClientAddress({ trustedProxies: PROXIES, hops });
    const headers = { 'x-forwarded-for': forwarded };
    expect(clientAddress({ socket: { remoteAddress: '10.1.2.3' }, headers })).toBe(expected);
    // A stranger's count for nothing.
    expect(clientAddress({ socket: { remoteAddress: '11.1.1.1' }, headers })).toBe('11.1.1.1');
  });
});

it('reads the header that the site’s proxy writes, and no other', () => {
  const clientAddress = createClientAddress({
    trustedProxies: PROXIES,
    header: 'CF-Connecting-IP',
  });
  const headers = { 'cf-connecting-ip': '9.9.9.9', 'x-forwarded-for': '8.8.8.8' };
  expect(clientAddress({ socket: { remoteAddress: '10.1.2.3' }, headers })).toBe('9.9.9.9');
});

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'],
    ['10.128.0.0/9', '10.128.0.1', '10.127.255.255'],
    ['192.168.4.0/22', '192.168.7.255', '192.168.8.0'],
    ['11.1.1.1/32', '11.1.1.1', '11.1.1.2'],
    ['11.1.1.1', '11.1.1.1', '11.1.1.2'],
    ['0.0.0.0/0', '200.1.1.1', '::1'],
    ['::ffff:10.0.0.0/104', '10.2.3.4', '11.2.3.4'],
    ['2001:db8::/33', '2001:db8:7fff::1', '2001:db8:8000::1'],
    ['::1', '::1', '::2'],
    ['::/0', 'fe80::1', '10.0.0.1'],
  ])('%s holds %s, not %s', (network, inside, outside) => {
    expect(address([network], inside, '99.9.9.9')).toBe('99.9.9.9');
    expect(address([network], outside, '99.9.9.9')).toBe(outside);
  });

  it.each(['', 'loopback', '10.0.0.0/33', '10.0.0/8/8', 'example.com', '1.2.3.4/x', '::/129'])(
    'refuses %j and names it',
    (network) => {
      expect(() => createClientAddress({ trustedProxies: [network] })).toThrow(`"${network}"`);
    },
  );
});

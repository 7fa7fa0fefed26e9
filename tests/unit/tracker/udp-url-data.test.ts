import { createAnnouncePath } from '../../../server/src/tracker/wire/announce-path';
import { passkeyOfUrl, readUrlData } from '../../../server/src/tracker/wire/udp-url-data';
import { urlData } from './udp-packets';

const END = Buffer.from([0]);
const NOP = Buffer.from([1]);

describe('URL data of BEP 41', () => {
  const read = (...options: Buffer[]): string | null =>
    readUrlData(Buffer.concat([Buffer.alloc(98), ...options]), 98);

  it.each<[name: string, url: string | null, options: Buffer[]]>([
    ['no options', '', []],
    ['the end at once', '', [END]],
    ['two zero bytes, as aria2 sends them', '', [END, END]],
    ['one option', '/announce', [urlData('/announce')]],
    ['one option and the end', '/announce', [urlData('/announce'), END]],
    ['an empty option', '', [urlData('')]],
    ['the example of BEP 41', '/dir?a=b&c=d', [urlData('/dir?a=b&c=d'), END]],
    ['two options, joined', '/announce?passkey=K', [urlData('/announce?'), urlData('passkey=K')]],
    ['NOPs between them', '/ab', [NOP, urlData('/a'), NOP, NOP, urlData('b'), NOP]],
    ['anything behind the end', '/a', [urlData('/a'), END, urlData('/b'), Buffer.from([2, 99])]],
    ['an unknown option with its length', '/a', [Buffer.from([9, 2, 0, 2]), urlData('/a')]],
    ['bytes above 127', '/\xff\x00', [urlData('/\xff\x00')]],
    [
      '255 bytes and more',
      `/${'x'.repeat(300)}`,
      [urlData(`/${'x'.repeat(254)}`), urlData('x'.repeat(46))],
    ],
    ['a length that reaches beyond the packet', null, [Buffer.from([2, 5, 0x2f])]],
    ['a length that is missing', null, [urlData('/a'), Buffer.from([2])]],
    ['an unknown option cut off', null, [Buffer.from([200, 1])]],
    ['an unknown option without length', null, [NOP, Buffer.from([3])]],
  ])('reads %s', (_name, url, options) => {
    expect(read(...options)).toBe(url);
  });

  it('reads the packet that libtorrent 2.0.8 sends', () => {
    const sent = Buffer.from('0212', 'hex');
    expect(read(sent, Buffer.from('/announce/K?auth=1'), Buffer.alloc(0))).toBe(
      '/announce/K?auth=1',
    );
  });
});

describe('the passkey of the URL', () => {
  const path = createAnnouncePath('/announce');
  const passkeyOf = (url: string): string | null => {
    const passkey = passkeyOfUrl(url, path);
    return passkey === null || typeof passkey === 'string' ? passkey : passkey.code;
  };

  it.each<[url: string, passkey: string | null]>([
    ['/announce', null],
    ['/announce?', null],
    ['/announce/', null],
    ['/announce?passkey=', null],
    ['/announce/K', 'K'],
    ['/announce?passkey=K', 'K'],
    ['/announce?a=1&passkey=K&b', 'K'],
    ['/announce?passkey=a%2Db+', 'a-b+'],
    ['/announce?xpasskey=K&passkeyy=K&Passkey=K', null],
    ['/announce?token=K', null],
    // The port is the tracker's alone, so any path will do.
    ['', null],
    ['/', null],
    ['?passkey=K', 'K'],
    ['/tracker?passkey=K', 'K'],
    ['/tracker/K', null],
    ['/announce/K?passkey=K', 'repeated-parameter'],
    ['/announce?passkey=K&passkey=L', 'repeated-parameter'],
    ['/announce?a=%zz', 'malformed-query'],
    ['/announce?passkey=%0', 'malformed-query'],
  ])('%s: %s', (url, passkey) => {
    expect(passkeyOf(url)).toBe(passkey);
  });

  it('is cut where no passkey is as long', () => {
    expect(passkeyOf(`/announce?passkey=${'k'.repeat(900)}`)).toBe('k'.repeat(129));
  });
});

import { answerHandshake } from '../../../server/src/transports/websocket-handshake';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const GOOD = { 'sec-websocket-key': KEY, 'sec-websocket-version': '13' };

it('accepts as in RFC 6455, 1.3, and agrees on no extension', () => {
  const extensions = 'permessage-deflate; client_max_window_bits';
  expect(answerHandshake({ ...GOOD, 'sec-websocket-extensions': extensions })).toEqual({
    head:
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
  });
});

it.each([
  ['a', 'a'],
  ['first,second', 'first'],
  ['v1.bt , v2', 'v1.bt'],
])('of the protocols %s it chooses %s', (offered, chosen) => {
  expect(answerHandshake({ ...GOOD, 'sec-websocket-protocol': offered })).toEqual({
    head: expect.stringContaining(`\r\nSec-WebSocket-Protocol: ${chosen}\r\n\r\n`) as string,
  });
});

it.each<[string, Record<string, string | undefined>, string]>([
  ['no key', { 'sec-websocket-key': undefined }, '400 Bad Request'],
  ['a short key', { 'sec-websocket-key': 'short' }, '400 Bad Request'],
  ['two keys', { 'sec-websocket-key': `${KEY}, ${KEY}` }, '400 Bad Request'],
  ['no version', { 'sec-websocket-version': undefined }, '426 Upgrade Required'],
  ['an old version', { 'sec-websocket-version': '8' }, '426 Upgrade Required'],
  ['no protocol', { 'sec-websocket-protocol': '' }, '400 Bad Request'],
  ['no list of protocols', { 'sec-websocket-protocol': 'a,,b' }, '400 Bad Request'],
  ['a line in a protocol', { 'sec-websocket-protocol': 'a\r\nx: y' }, '400 Bad Request'],
])('%s is refused', (_, headers, status) => {
  const answer = answerHandshake({ ...GOOD, ...headers });
  expect(answer).toMatchObject({ status });
  const fields = status.startsWith('426') ? 'Sec-WebSocket-Version: 13\r\n' : '';
  expect(answer).toMatchObject({ fields });
});

it('a long list of protocols takes no time', () => {
  const offered = `${'a '.repeat(30_000)},`;
  expect(answerHandshake({ ...GOOD, 'sec-websocket-protocol': offered })).toMatchObject({
    status: '400 Bad Request',
  });
});

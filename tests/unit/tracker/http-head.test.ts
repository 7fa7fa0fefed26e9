import { emptyHttpHead, HTTP_LIMITS, INCOMPLETE, readHttpHead } from '../../../server/src/tracker';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

function read(text: string, from = 0) {
  const head = emptyHttpHead();
  const end = readHttpHead(bytes(text), from, head);
  return { end, ...head, url: text.slice(head.urlFrom, head.urlTo) };
}

const LINE = 'GET /announce?x HTTP/1.1\r\n';
const withFields = (fields: string): string => `${LINE}Host: x\r\n${fields}\r\n`;

describe('the head of a request', () => {
  it('ends behind its empty line, wherever it begins', () => {
    const text = withFields('Accept: */*\r\n');
    expect(read(`${text}rest`)).toMatchObject({
      end: text.length,
      method: 'GET',
      url: '/announce?x',
      isHttp10: false,
      keepsAlive: true,
      hasBody: false,
      forwarded: undefined,
    });
    expect(read(`before${text}`, 6).end).toBe(6 + text.length);
  });

  it('may have empty lines before it (RFC 9112, 2.2)', () => {
    const text = `\r\n\r\n${withFields('')}`;
    expect(read(text)).toMatchObject({ end: text.length, url: '/announce?x' });
  });

  it('is incomplete at each of its bytes but the last', () => {
    const text = withFields('Connection: close\r\nContent-Length: 0\r\n');
    for (let length = 0; length < text.length; length += 1) {
      expect([length, read(text.slice(0, length)).end]).toEqual([length, INCOMPLETE]);
    }
    expect(read(text).end).toBe(text.length);
  });

  it.each(['GET', 'HEAD'])('knows %s', (method) => {
    expect(read(withFields('').replace('GET', method)).method).toBe(method);
  });

  it.each(['POST', 'get', 'GETS', 'HEAD1', 'M-SEARCH'])('takes %s for another method', (method) => {
    expect(read(withFields('').replace('GET', method)).method).toBe('other');
  });

  it('takes every byte in a URL that ends neither it nor the line', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const url = `/announce?${String.fromCharCode(byte)}`;
      const { end, url: found } = read(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
      if (byte <= 0x20 || byte === 0x7f) expect(end).toBe(-400);
      else expect([end > 0, found]).toEqual([true, url]);
    }
  });

  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.1', 'connection:CLOSE\r\n', false],
    ['HTTP/1.1', 'Connection: upgrade, close\r\n', false],
    ['HTTP/1.1', 'Connection: keep-alive\r\nConnection:\tclose \r\n', false],
    ['HTTP/1.1', 'Connection: not-close,closed\r\n', true],
    ['HTTP/1.1', 'Connection: \r\n', true],
    ['HTTP/1.1', 'User-Agent: close\r\n', true],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: Keep-Alive\r\n', true],
    ['HTTP/1.0', 'Connection: keep-alive ,close\r\n', false],
    ['HTTP/1.0', 'Connection: x, keep-alive\r\n', true],
  ])('%s with %j keeps the connection: %s', (version, fields, keepsAlive) => {
    expect(read(withFields(fields).replace('HTTP/1.1', version))).toMatchObject({
      keepsAlive,
      isHttp10: version === 'HTTP/1.0',
    });
  });

  it.each([
    ['Content-Length: 0\r\n', false],
    ['content-length:000\r\n', false],
    ['Content-Length: 1\r\n', true],
    [`Content-Length: ${'9'.repeat(30)}\r\n`, true],
    ['X-Content-Length: 5\r\n', false],
  ])('%j has a body: %s', (fields, hasBody) => {
    expect(read(withFields(fields))).toMatchObject({ hasBody });
  });

  it.each([
    ['Upgrade: websocket\r\n', true],
    ['UPGRADE:h2c\r\n', true],
    ['Expect: 100-continue\r\n', true],
    ['Accept: upgrade\r\nUpgrades: x\r\n', false],
  ])('%j asks for more than an answer: %s', (fields, negotiates) => {
    expect(read(withFields(fields))).toMatchObject({ negotiates });
    expect(read(withFields('')).negotiates).toBe(false);
  });

  it('joins the forwarded addresses of several fields in their order', () => {
    const fields = 'X-Forwarded-For: 1.1.1.1 \r\nx-forwarded-for:2.2.2.2,3.3.3.3\r\n';
    expect(read(withFields(fields)).forwarded).toBe('1.1.1.1, 2.2.2.2,3.3.3.3');
  });

  it('reads the address from another field when told so', () => {
    const head = emptyHttpHead('true_client-ip');
    const text = withFields('X-Forwarded-For: 1.1.1.1\r\nTrue_Client-IP: 2.2.2.2\r\n');
    expect(readHttpHead(bytes(text), 0, head)).toBe(text.length);
    expect(head.forwarded).toBe('2.2.2.2');
  });

  it('remembers nothing of the request before', () => {
    const head = emptyHttpHead();
    const before = withFields(
      'X-Forwarded-For: 1.1.1.1\r\nContent-Length: 5\r\nConnection: close\r\n',
    );
    readHttpHead(bytes(before), 0, head);
    readHttpHead(bytes(withFields('')), 0, head);
    expect(head).toMatchObject({ keepsAlive: true, hasBody: false, forwarded: undefined });
  });
});

describe('refused is', () => {
  it.each([
    ['HTTP/0.9', 'GET /announce\r\n'],
    ['a bare line feed after the request line', `GET / HTTP/1.1\nHost: x\r\n\r\n`],
    ['a bare line feed after a field', `${LINE}Host: x\n\r\n`],
    ['a bare line feed at the end', `${LINE}Host: x\r\n\n`],
    ['a bare carriage return', `${LINE}Host: x\rY: z\r\n\r\n`],
    ['a folded line', withFields('A: b\r\n c: d\r\n')],
    ['a folded line of a tab', withFields('A: b\r\n\tc: d\r\n')],
    ['a blank before the request line', ` ${withFields('')}`],
    ['two blanks in the request line', 'GET  / HTTP/1.1\r\n\r\n'],
    ['a blank behind the version', 'GET / HTTP/1.1 \r\nHost: x\r\n\r\n'],
    ['an empty URL', 'GET  HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['small letters in the version', 'GET / http/1.1\r\nHost: x\r\n\r\n'],
    ['another protocol', 'GET / ICY/1.10\r\nHost: x\r\n\r\n'],
    ['two hosts', withFields('Host: y\r\n')],
    ['no host', `${LINE}\r\n`],
    ['a coding', withFields('Transfer-Encoding: chunked\r\n')],
    ['even the coding that does nothing', withFields('transfer-encoding: identity\r\n')],
    ['a list of lengths', withFields('Content-Length: 5, 5\r\n')],
    ['the same length twice', withFields('Content-Length: 0\r\nContent-Length: 0\r\n')],
    ['a length with a line behind it', withFields('Content-Length: 0\v\r\n')],
  ])('%s', (_, text) => {
    expect(read(text).end).toBe(-400);
  });

  it.each([
    ['HTTP/2.0', -505],
    ['HTTP/1.2', -505],
    ['HTTP/0.9', -505],
    ['HTTP/1.a', -400],
    ['HTTP/11.', -400],
  ])('version %s: %i', (version, status) => {
    expect(read(withFields('').replace('HTTP/1.1', version)).end).toBe(status);
  });

  it('every control character in a name or a value, but a tab in a value', () => {
    for (const byte of [...Array(32).keys(), 0x7f]) {
      const text = String.fromCharCode(byte);
      expect([byte, read(withFields(`a${text}b: c\r\n`)).end]).toEqual([byte, -400]);
      const { end } = read(withFields(`a: b${text}c\r\n`));
      expect([byte, end > 0]).toEqual([byte, byte === 9]);
    }
  });

  it('what is too long, whole or not', () => {
    const { headBytes, fields } = HTTP_LIMITS;
    const url = `/${'x'.repeat(headBytes)}`;
    expect(read(`GET ${url}`).end).toBe(-414);
    expect(read(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`).end).toBe(-414);
    expect(read(`${LINE}A: ${'x'.repeat(headBytes)}`).end).toBe(-431);
    expect(read(withFields(`A: ${'x'.repeat(headBytes)}\r\n`)).end).toBe(-431);
    expect(read(withFields('A:\r\n'.repeat(fields - 1))).end).toBeGreaterThan(0);
    expect(read(withFields('A:\r\n'.repeat(fields))).end).toBe(-431);
  });

  it('not what fits exactly', () => {
    const empty = withFields('A: \r\n');
    const text = withFields(`A: ${'x'.repeat(HTTP_LIMITS.headBytes - empty.length)}\r\n`);
    expect(read(text).end).toBe(HTTP_LIMITS.headBytes);
  });
});

describe('a URL', () => {
  it('ends at a blank and is refused with a control character, wherever they stand', () => {
    for (let place = 0; place < 9; place += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        const url = `/aaaaaaaa`.slice(0, place + 1) + String.fromCharCode(byte) + 'aaaaaaaaa';
        const text = `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`;
        const isVisible = byte > 0x20 && byte !== 0x7f;
        expect([place, byte, read(text).end]).toEqual([
          place,
          byte,
          isVisible ? text.length : -400,
        ]);
      }
    }
  });
});

describe('fields that have come before', () => {
  /** What a head says, and where it ends; of one that is refused only why. */
  function outcomeOf(text: string, head = emptyHttpHead()) {
    const end = readHttpHead(bytes(text), 0, head);
    const { method, keepsAlive, hasBody, negotiates, forwarded } = head;
    return end < 0 ? { end } : { end, method, keepsAlive, hasBody, negotiates, forwarded };
  }
  /** The same one for all cases. */
  const head = emptyHttpHead();

  it.each([
    ['none of interest', withFields('Accept: */*\r\n')],
    ['close', withFields('Connection: close\r\n')],
    ['close in other letters', withFields('Connection: CLOSE\r\n')],
    ['keep-alive, over HTTP/1.0', withFields('Connection: keep-alive\r\n').replace('1.1', '1.0')],
    ['an upgrade', withFields('Upgrade: websocket\r\n')],
    ['no host', `${LINE}Accept: x\r\n\r\n`],
    ['no host, over HTTP/1.0', `${LINE.replace('1.1', '1.0')}Accept: x\r\n\r\n`],
    ['two hosts', withFields('Host: y\r\n')],
    ['a body', withFields('Content-Length: 5\r\n')],
    ['a coding', withFields('Transfer-Encoding: chunked\r\n')],
    ['an address', withFields('X-Forwarded-For: 10.0.0.1\r\n')],
    ['another one of the same length', withFields('X-Forwarded-For: 10.0.0.2\r\n')],
    ['a colon that is none', withFields('Accept : x\r\n')],
    ['very many bytes', withFields(`Cookie: ${'x'.repeat(2000)}\r\n`)],
  ])('say the same: %s', (_, text) => {
    for (let time = 0; time < 3; time += 1) {
      expect(outcomeOf(text, head)).toEqual(outcomeOf(text));
      expect(outcomeOf(withFields(''), head)).toEqual(outcomeOf(withFields('')));
    }
  });
});

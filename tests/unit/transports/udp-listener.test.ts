import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTracker, TRACKER_ERRORS, type Gate } from '../../../server/src/tracker';
import { createUdpListener, type UdpListener } from '../../../server/src/transports';
import { takePackets } from '../../../server/src/transports/udp-handle';
import {
  announcePacket,
  connectPacket,
  HASH,
  packet,
  PROTOCOL_ID,
  readAnnounceAnswer,
  readError,
  readScrapeAnswer,
  scrapePacket,
} from '../tracker/udp-packets';

const clock = (): number => performance.now();

let opened: Pick<UdpListener, 'stop'>[] = [];

afterEach(async () => {
  for (const each of opened) await each.stop();
  opened = [];
});

/** A port that nobody has, neither over IPv4 nor over IPv6. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp6').bind(0, '::');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

it('has Node’s own parts of a socket on this Node', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  expect(
    takePackets(
      socket,
      () => undefined,
      () => undefined,
    ),
  ).not.toBeNull();
  socket.close();
});

describe.each([
  { sockets: 'Node’s own parts of a socket', bareHandles: true },
  { sockets: 'dgram', bareHandles: false },
])('over $sockets', ({ bareHandles }) => {
  interface SiteOptions {
    host?: string;
    admit?: Gate['admit'];
  }

  async function open({ host = '127.0.0.1', admit = () => 0 }: SiteOptions = {}) {
    const port = await freeUdpPort();
    const tracker = createTracker({ gate: { admit }, clock, random: Math.random });
    const complaints: string[] = [];
    const silences: string[] = [];
    tracker.tally.dropped = (reason) => silences.push(reason);
    const listener = createUdpListener({
      tracker,
      host: host === 'all' ? undefined : host,
      port,
      clock,
      bareHandles,
      logger: { error: (line) => complaints.push(line) },
    });
    await listener.start();
    opened.push(listener);
    return { port, tracker, complaints, silences, listener };
  }

  /** A client's socket, which keeps whatever comes back. */
  async function client(
    port: number,
    from = '127.0.0.1',
    to = from.includes(':') ? '::1' : '127.0.0.1',
  ) {
    const socket: Socket = createSocket(from.includes(':') ? 'udp6' : 'udp4').bind(0, from);
    await once(socket, 'listening');
    opened.push({
      stop: async () => {
        socket.close();
        await once(socket, 'close');
      },
    });
    const received: Buffer[] = [];
    socket.on('message', (message) => received.push(message));
    const send = (bytes: Buffer): void => socket.send(bytes, port, to);
    const ask = async (bytes: Buffer): Promise<Buffer> => {
      const answer = once(socket, 'message') as Promise<[Buffer]>;
      send(bytes);
      const [message] = await answer;
      return message;
    };
    const connect = async (): Promise<Buffer> => (await ask(connectPacket())).subarray(8);
    return { send, ask, connect, received };
  }

  describe('over sockets', () => {
    it('connects, announces and scrapes', async () => {
      const { port } = await open();
      const [first, second] = [await client(port, '127.0.0.2'), await client(port, '127.0.0.3')];
      await first.ask(announcePacket(await first.connect(), { left: 0n }));
      const id = await second.connect();
      expect(readAnnounceAnswer(await second.ask(announcePacket(id)))).toEqual({
        transaction: 7,
        interval: expect.any(Number) as number,
        leechers: 1,
        seeders: 1,
        peers: ['7f0000021ae1'],
      });
      expect(readScrapeAnswer(await second.ask(scrapePacket(id, [HASH])))).toEqual([[1, 0, 1]]);
    });

    it.each([
      ['both of its sockets', 'all'],
      ['one socket for both families', '::'],
    ])('answers IPv4 and IPv6 on %s', async (_name, host) => {
      const { port } = await open({ host });
      const [six, four] = [await client(port, '::1'), await client(port)];
      const [id6, id4] = [await six.connect(), await four.connect()];
      await six.ask(announcePacket(id6, { port: 7001 }));
      await four.ask(announcePacket(id4, { port: 7002 }));
      const answer6 = readAnnounceAnswer(await six.ask(announcePacket(id6, { port: 7003 })), 6);
      expect(answer6.peers).toEqual([`${'0'.repeat(31)}11b59`]);
      const answer4 = readAnnounceAnswer(await four.ask(announcePacket(id4, { port: 7004 })));
      expect(answer4.peers).toEqual(['7f0000011b5a']);
    });

    it('refuses the id that another address was given', async () => {
      const { port, silences } = await open();
      const [owner, thief] = [await client(port, '127.0.0.2'), await client(port, '127.0.0.3')];
      const id = await owner.connect();
      thief.send(announcePacket(id));
      await thief.connect(); // answered after the first packet has been looked at
      expect(thief.received).toHaveLength(1);
      expect(silences).toEqual(['udp-connection-id']);
      expect(await owner.ask(announcePacket(id))).toHaveLength(20);
    });

    it('answers each of 1000 announces sent at once', async () => {
      const { port } = await open();
      const peer = await client(port);
      const id = await peer.connect();
      peer.received.length = 0;
      for (let batch = 0; batch < 1000; batch += 100) {
        for (let i = batch; i < batch + 100; i += 1) {
          peer.send(announcePacket(id, { transaction: i, numwant: 0 }));
        }
        while (peer.received.length < batch + 100) await sleep(1);
      }
      const transactions = peer.received.map((answer) => readAnnounceAnswer(answer).transaction);
      expect(transactions.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    });

    it('tells why an announce is refused', async () => {
      const { port } = await open({ admit: () => -2 });
      const peer = await client(port);
      const answer = await peer.ask(announcePacket(await peer.connect()));
      expect(readError(answer)).toBe(TRACKER_ERRORS['not-registered'].text);
    });
  });

  describe('garbage', () => {
    const zeroes = Buffer.alloc(8);
    const JUNK: [name: string, bytes: Buffer][] = [
      ['an empty packet', Buffer.alloc(0)],
      ['one byte', Buffer.from([0])],
      ['15 bytes of a connect', connectPacket().subarray(0, 15)],
      ['HTTP', Buffer.from('GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n\r\n')],
      ['a connect with another number', packet(zeroes, 0, 7)],
      ['an announce without an id', announcePacket(zeroes)],
      ['an announce with the number of the protocol', announcePacket(PROTOCOL_ID)],
      ['a scrape without an id', scrapePacket(zeroes, [HASH])],
      [
        'a scrape of 74 hashes with a guessed id',
        scrapePacket(Buffer.alloc(8, 0xab), Array<Buffer>(74).fill(HASH)),
      ],
      ['an error', packet(PROTOCOL_ID, 3, 7, Buffer.from('no'))],
      ['action 4', packet(PROTOCOL_ID, 4, 7)],
      ['only ones', Buffer.alloc(98, 0xff)],
      ['the largest packet', Buffer.alloc(65_507, 1)],
    ];

    it('gets no byte back, and does no harm', async () => {
      const { port, complaints, silences, tracker } = await open();
      const [attacker, honest] = [await client(port, '127.0.0.2'), await client(port, '127.0.0.3')];
      for (const [, bytes] of JUNK) attacker.send(bytes);
      await attacker.connect(); // the last one: all others have been looked at when it is answered
      expect(attacker.received).toHaveLength(1);
      expect(silences).toHaveLength(JUNK.length);
      expect(complaints).toEqual([]);
      expect(tracker.totals().swarms).toBe(0);
      expect(await honest.ask(announcePacket(await honest.connect()))).toHaveLength(20);
    });

    it('never gets more than it is: a connect gets its 16 bytes for 16', async () => {
      const { port } = await open();
      const attacker = await client(port);
      await attacker.ask(connectPacket());
      expect(attacker.received.map((answer) => answer.length)).toEqual([16]);
    });

    it('is answered by silence where the tracker itself fails, with one line that names no peer', async () => {
      let isBroken = true;
      const { port, complaints } = await open({
        admit: () => {
          if (isBroken) throw new Error('out of order');
          return 0;
        },
      });
      const peer = await client(port);
      const id = await peer.connect();
      for (let i = 0; i < 5; i += 1) peer.send(announcePacket(id));
      await peer.connect();
      expect(peer.received).toHaveLength(2);
      expect(complaints).toHaveLength(1);
      expect(complaints.join()).toContain('out of order');
      expect(complaints.join()).not.toContain('127.0.0.1');
      isBroken = false;
      expect(await peer.ask(announcePacket(id))).toHaveLength(20);
    });
  });

  describe('the port', () => {
    const listenerOn = (port: number, host?: string): UdpListener => {
      const tracker = createTracker({ gate: { admit: () => 0 }, clock, random: Math.random });
      return createUdpListener({
        tracker,
        host,
        port,
        clock,
        bareHandles,
        logger: { error: () => undefined },
      });
    };

    it.each([
      ['IPv4', '127.0.0.1', undefined],
      ['IPv6', '::1', undefined],
      ['one address', '127.0.0.1', '127.0.0.1'],
    ])('that is taken over %s refuses to start, in clear words', async (_name, taken, host) => {
      const port = await freeUdpPort();
      const other = createSocket(taken.includes(':') ? 'udp6' : 'udp4').bind(port, taken);
      await once(other, 'listening');
      const listener = listenerOn(port, host);
      await expect(listener.start()).rejects.toThrow(
        `tracker.udp: another program uses UDP port ${port} already`,
      );
      other.close();
      await once(other, 'close');
      // Nothing was left half open.
      await listener.start();
      await listener.stop();
    });

    it('on an address of another machine refuses to start', async () => {
      await expect(listenerOn(await freeUdpPort(), '192.0.2.1').start()).rejects.toThrow(
        /^tracker\.udp: UDP port \d+ cannot be opened on 192\.0\.2\.1 \(EADDRNOTAVAIL\)$/,
      );
    });

    it('is free again when the listener has stopped', async () => {
      const { port, listener } = await open({ host: 'all' });
      await listener.stop();
      const next = listenerOn(port);
      await next.start();
      await next.stop();
      await next.stop();
    });
  });
});

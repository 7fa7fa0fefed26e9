/** Packets of BEP 15 as a client makes and reads them. */

export const PROTOCOL_ID = Buffer.from('0000041727101980', 'hex');
export const HASH = Buffer.alloc(20, 'h');

export const connectPacket = (transaction = 7): Buffer => packet(PROTOCOL_ID, 0, transaction);

export interface AnnounceFields {
  infoHash?: Buffer;
  downloaded?: bigint;
  left?: bigint;
  uploaded?: bigint;
  event?: number;
  ip?: number;
  key?: number;
  numwant?: number;
  port?: number;
  /** BEP 41. */
  options?: Buffer;
  transaction?: number;
}

export function announcePacket(id: Buffer, fields: AnnounceFields = {}): Buffer {
  const body = Buffer.alloc(82);
  (fields.infoHash ?? HASH).copy(body, 0);
  body.write('-XX0001-bbbbbbbbbbbb', 20, 'latin1');
  body.writeBigUInt64BE(fields.downloaded ?? 0n, 40);
  body.writeBigUInt64BE(fields.left ?? 5n, 48);
  body.writeBigUInt64BE(fields.uploaded ?? 0n, 56);
  body.writeUInt32BE(fields.event ?? 2, 64);
  body.writeUInt32BE(fields.ip ?? 0, 68);
  body.writeUInt32BE(fields.key ?? 0, 72);
  body.writeInt32BE(fields.numwant ?? -1, 76);
  body.writeUInt16BE(fields.port ?? 6881, 80);
  return packet(id, 1, fields.transaction ?? 7, body, fields.options ?? Buffer.alloc(0));
}

export const scrapePacket = (id: Buffer, infoHashes: Buffer[], transaction = 7): Buffer =>
  packet(id, 2, transaction, ...infoHashes);

export function packet(id: Buffer, action: number, transaction: number, ...rest: Buffer[]): Buffer {
  const head = Buffer.alloc(16);
  id.copy(head, 0);
  head.writeUInt32BE(action, 8);
  head.writeInt32BE(transaction, 12);
  return Buffer.concat([head, ...rest]);
}

/** An option of URL data (BEP 41), at most 255 bytes. */
export const urlData = (text: string): Buffer =>
  Buffer.concat([Buffer.from([2, text.length]), Buffer.from(text, 'latin1')]);

export interface AnnounceAnswer {
  transaction: number;
  interval: number;
  leechers: number;
  seeders: number;
  /** Hexadecimal, 6 or 18 bytes each. */
  peers: string[];
}

export function readAnnounceAnswer(answer: Buffer, family: 4 | 6 = 4): AnnounceAnswer {
  expect(answer.readUInt32BE(0)).toBe(1);
  const bytes = family === 4 ? 6 : 18;
  expect((answer.length - 20) % bytes).toBe(0);
  const peers: string[] = [];
  for (let at = 20; at < answer.length; at += bytes) {
    peers.push(answer.toString('hex', at, at + bytes));
  }
  return {
    transaction: answer.readInt32BE(4),
    interval: answer.readUInt32BE(8),
    leechers: answer.readUInt32BE(12),
    seeders: answer.readUInt32BE(16),
    peers,
  };
}

/** The text of an error answer. */
export function readError(answer: Buffer, transaction = 7): string {
  expect([answer.readUInt32BE(0), answer.readInt32BE(4)]).toEqual([3, transaction]);
  return answer.toString('latin1', 8);
}

/** Seeders, completed, leechers. */
export function readScrapeAnswer(answer: Buffer, transaction = 7): number[][] {
  expect([answer.readUInt32BE(0), answer.readInt32BE(4)]).toEqual([2, transaction]);
  expect((answer.length - 8) % 12).toBe(0);
  return Array.from({ length: (answer.length - 8) / 12 }, (_, i) =>
    [8, 12, 16].map((at) => answer.readUInt32BE(i * 12 + at)),
  );
}

/** BEP 10, and the info dictionary by it (BEP 9): bytes in, answers to be taken out when there is time. */

import { bencode } from '../../metainfo';
import type { SeedTorrent } from './seed-torrent';
import { bdecode, entryOf } from './wire/bdecode';
import { message, MESSAGE } from './wire/messages';

export interface ExtensionsDeps {
  torrent: SeedTorrent;
  /** Our own address as the peer sees it (`yourip`): 4 or 16 bytes. */
  onSeenAs: (address: Buffer) => void;
}

export interface Extensions {
  /** Our own, the first of its messages. */
  handshake(): Buffer;
  /** @returns false for what no client sends */
  hear(body: Buffer): boolean;
  /** Takes the answer to a request for the info dictionary off the queue. */
  nextAnswer(): Buffer | null;
}

const MAX_QUEUE = 256;
/** Of BEP 9. */
const METADATA_PIECE = 16 * 1024;
/** Our own number for ut_metadata; the other side has its own. */
const METADATA_ID = 1;
const HANDSHAKE = 0;
const CLIENT_NAME = 'strapi-plugin-bittorrent';

export function createExtensions({ torrent, onSeenAs }: ExtensionsDeps): Extensions {
  const asked: number[] = [];
  let theirMetadataId = 0;

  function answer(piece: number): Buffer {
    const from = piece * METADATA_PIECE;
    const refused = torrent.private || piece < 0 || from >= torrent.info.length;
    const head = refused
      ? bencode({ msg_type: 2, piece: Math.max(piece, 0) })
      : bencode({ msg_type: 1, piece, total_size: torrent.info.length });
    const data = refused ? Buffer.alloc(0) : torrent.info.subarray(from, from + METADATA_PIECE);
    return message(MESSAGE.extended, Buffer.from([theirMetadataId]), head, data);
  }

  return {
    /** No `reqq` (see the session's MAX_QUEUE), and `upload_only` (BEP 21): we want nothing. */
    handshake() {
      const body = bencode({
        m: torrent.private ? {} : { ut_metadata: METADATA_ID },
        metadata_size: torrent.private ? undefined : torrent.info.length,
        upload_only: 1,
        v: CLIENT_NAME,
      });
      return message(MESSAGE.extended, Buffer.from([HANDSHAKE]), body);
    },
    hear(body) {
      const said = bdecode(body.subarray(1))?.value;
      if (!(said instanceof Map)) return false;
      if (body[0] === HANDSHAKE) {
        const id = entryOf(entryOf(said, 'm'), 'ut_metadata');
        theirMetadataId = typeof id === 'number' && id > 0 && id < 256 ? id : 0;
        const seen = entryOf(said, 'yourip');
        if (Buffer.isBuffer(seen) && (seen.length === 4 || seen.length === 16)) onSeenAs(seen);
        return true;
      }
      const piece = entryOf(said, 'piece');
      const isRequest = entryOf(said, 'msg_type') === 0 && typeof piece === 'number';
      if (body[0] !== METADATA_ID || !isRequest) return true;
      if (theirMetadataId === 0 || asked.length >= MAX_QUEUE) return false;
      asked.push(piece);
      return true;
    },
    nextAnswer() {
      const piece = asked.shift();
      return piece === undefined ? null : answer(piece);
    },
  };
}

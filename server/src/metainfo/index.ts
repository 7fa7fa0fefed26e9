/** What a .torrent is: names, pieces, info dictionary, file, magnet. Knows nothing of Strapi. */

export { bencode } from './bencode';
export { HashError, type HashErrorCode } from './hash-error';
export { createHashPool, type HashPool, type HashProgress, type HashResult } from './hash-pool';
export type { Checkpoint, HashRequest } from './hash-payload';
export { encodeInfo, infoHashOf, type PayloadFile } from './info-dictionary';
export { magnetLink } from './magnet';
export { describePayload, fingerprintOf, type PayloadSource } from './payload';
export { isPieceLength, pieceLengthFor } from './piece-length';
export { withPrivate } from './private-flag';
export { folderNameFor, safeName, splitExtension, uniqueSafeNames } from './safe-name';
export { encodeTorrentFile } from './torrent-file';

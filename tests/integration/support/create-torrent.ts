/** The info-hash by an independent maker of torrents. */

export interface NamedBytes {
  name: string;
  bytes: Buffer;
}

export async function infoHashWithCreateTorrent(
  files: readonly NamedBytes[],
  options: { name?: string; pieceLength: number; private?: boolean },
): Promise<string> {
  const { default: createTorrent } = await import('create-torrent');
  const { default: parseTorrent } = await import('parse-torrent');
  const input = files.map(({ name, bytes }) => Object.assign(Buffer.from(bytes), { name }));
  const torrent = await new Promise<Uint8Array>((resolve, reject) => {
    // Without a list of trackers of our own it would add eight public ones.
    createTorrent(input, { ...options, announceList: [] }, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
  return (await parseTorrent(torrent)).infoHash;
}

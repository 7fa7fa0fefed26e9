/** Entry point of the thread that seeds: its sockets and disk reads never hold up Strapi. */

import { parentPort, workerData } from 'node:worker_threads';
import type { Answer } from './open-torrents';
import type { SeedSource } from './seed-torrent';
import { createSeedServer } from './server';
import type { FromWorker, ToWorker, WorkerOptions } from './worker-messages';

/** Counters reach the main thread as often as this, and not for every block. */
const REPORT_EVERY_MS = 2_000;

if (parentPort === null) throw new Error('The everseed runs as a worker thread only.');
const port = parentPort;
const asked = new Map<number, (answer: Answer) => void>();
const renewed = new Map<number, (source: SeedSource | null) => void>();
const sent = new Map<string, number>();
let lastId = 0;

const server = createSeedServer({
  options: workerData as WorkerOptions,
  ask: (infoHash, address, needsSource) =>
    new Promise((resolve) => {
      lastId += 1;
      asked.set(lastId, resolve);
      say({ kind: 'ask', id: lastId, infoHash, address, needsSource });
    }),
  renew: (infoHash) =>
    new Promise((resolve) => {
      lastId += 1;
      renewed.set(lastId, resolve);
      say({ kind: 'renew', id: lastId, infoHash });
    }),
  onLeft: (infoHash, address) => say({ kind: 'left', infoHash, address }),
  onChanged: (infoHash) => say({ kind: 'changed', infoHash }),
  onUnreadable: (infoHash, error) => say({ kind: 'unreadable', infoHash, code: codeOf(error) }),
  onSent: (infoHash, bytes) => sent.set(infoHash, (sent.get(infoHash) ?? 0) + bytes),
  onSeenAs: (peer, address) => say({ kind: 'seen', peer, address }),
  clock: () => performance.now(),
});

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'add':
      server.add(message.infoHashes);
      break;
    case 'remove':
      server.remove(message.infoHash);
      break;
    case 'forget':
      server.forget(message.infoHash);
      break;
    case 'answer':
      asked.get(message.id)?.(message.answer);
      asked.delete(message.id);
      break;
    case 'source':
      renewed.get(message.id)?.(message.source);
      renewed.delete(message.id);
      break;
    case 'dial':
      server.dial(message.target);
      break;
    case 'close':
      server.close(message.infoHash, message.address);
      break;
    case 'stop':
      report(); // at once: closing may take longer than the main thread waits
      void server.stop().finally(() => {
        report();
        port.close();
        clearInterval(reporting);
      });
      break;
  }
});

const reporting = setInterval(report, REPORT_EVERY_MS);
server.start().then(
  (address) => say({ kind: 'listening', port: address.port, peerId: server.peerId }),
  (error: unknown) => say({ kind: 'cannot-listen', code: codeOf(error) }),
);

function report(): void {
  if (sent.size === 0) return;
  say({ kind: 'sent', bytes: [...sent] });
  sent.clear();
}

function say(message: FromWorker): void {
  port.postMessage(message);
}

/** The system's word alone: the text of an error holds a path. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
}

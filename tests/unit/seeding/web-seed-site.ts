/** The web seed in front of a bare Koa app, with files of a temporary folder behind it. */

import fs from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import Koa from 'koa';
import { fingerprintOf } from '../../../server/src/metainfo';
import type { Grant } from '../../../server/src/seeding/grant';
import {
  createWebSeedHandler,
  type FileAnswer,
  type WebSeedAnswer,
  type WebSeedDeps,
  type WebSeedRequest,
} from '../../../server/src/seeding/web-seed';
import { interceptRequests } from '../../../server/src/transports';

export const INFO_HASH = 'aa11bb22cc33dd44ee55ff6600112233445566aa';

export interface WebSeedSite {
  origin: string;
  port: number;
  folder: string;
  /** Every request that reached `resolve`. */
  requests: WebSeedRequest[];
  /** Calls of `onChanged`. */
  changed: { infoHash: string; filename: string }[];
  /** Lines logged, and errors that reached Koa. */
  complaints: string[];
  /** Decides what is behind `token/infoHash/path`; the default is 404. */
  answer(request: Partial<WebSeedRequest>, answer: WebSeedAnswer): void;
  /** Writes a file and answers for it as Public would have it. */
  publish(
    path: string,
    content: Buffer | { sparse: number },
    more?: Partial<FileAnswer>,
  ): Promise<FileAnswer>;
  stop(): Promise<void>;
}

export async function startWebSeedSite(
  deps: Partial<Pick<WebSeedDeps, 'resolve' | 'stallTimeout' | 'uploadRate' | 'openFiles'>> & {
    host?: string;
  } = {},
): Promise<WebSeedSite> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'web-seed-'));
  const answers = new Map<string, WebSeedAnswer>();
  const requests: WebSeedRequest[] = [];
  const changed: WebSeedSite['changed'] = [];
  const complaints: string[] = [];
  let files = 0;
  const keyOf = ({ token = 'public', infoHash = INFO_HASH, path: name = '' }) =>
    `${token}/${infoHash}/${name}`;

  const app = new Koa();
  app.on('error', (error: Error) => complaints.push(`koa: ${error.message}`));
  app.use((ctx) => {
    ctx.body = 'the rest of the site';
  });
  const handle = app.callback();
  const server = http.createServer((req, res) => void handle(req, res));
  const { stallTimeout, uploadRate } = deps;
  const handler = createWebSeedHandler({
    basePath: '/webseed',
    resolve: (request) => {
      requests.push(request);
      return (
        deps.resolve?.(request) ??
        answers.get(keyOf(request)) ?? { kind: 'refused', status: 404, message: 'No such file.' }
      );
    },
    onChanged: (infoHash, filename) => changed.push({ infoHash, filename }),
    logger: {
      warn: (message) => complaints.push(message),
      error: (message) => complaints.push(message),
    },
    // Closed with their last reader, so that a test sees which one was left open.
    openFiles: deps.openFiles ?? { idle: 0 },
    ...(stallTimeout !== undefined && { stallTimeout }),
    ...(uploadRate !== undefined && { uploadRate }),
  });
  interceptRequests(server, handler);
  await new Promise<void>((resolve) => server.listen(0, deps.host ?? '127.0.0.1', resolve));
  const { port, address } = server.address() as AddressInfo;

  const answer: WebSeedSite['answer'] = (request, given) => {
    answers.set(keyOf(request), given);
  };
  return {
    origin: `http://${address}:${port}`,
    port,
    folder,
    requests,
    changed,
    complaints,
    answer,
    publish: async (name, content, more = {}) => {
      files += 1;
      const filename = path.join(folder, `file-${files}.bin`);
      if (Buffer.isBuffer(content)) {
        await fs.writeFile(filename, content);
      } else {
        await fs.writeFile(filename, '');
        await fs.truncate(filename, content.sparse);
      }
      const stat = await fs.stat(filename);
      const file: FileAnswer = {
        kind: 'file',
        filename,
        size: stat.size,
        fingerprint: fingerprintOf(stat),
        etag: '"the-etag"',
        lastModified: new Date('2026-01-02T03:04:05.678Z'),
        shared: true,
        ...more,
      };
      answer({ path: name }, file);
      return file;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await handler.close();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
}

export interface RawResponse {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Sends the path as it is given, byte for byte, with no clean-up of dots or escapes. */
export function ask(
  site: WebSeedSite,
  target: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: http.OutgoingHttpHeaders } = {},
): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port: site.port, host: new URL(site.origin).hostname, path: target, method, headers },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** A grant that can be taken back, and remembers what it was told. */
export class TestGrant implements Grant {
  isCut = false;
  onCut: (() => void) | null = null;
  promisedBytes = 0;
  sentBytes = 0;
  timesOver = 0;

  cut(): void {
    this.isCut = true;
    this.onCut?.();
  }
  promised(bytes: number): void {
    this.promisedBytes += bytes;
  }
  sent(bytes: number): void {
    this.sentBytes += bytes;
  }
  over(): void {
    this.timesOver += 1;
  }
}

/** The files of `folder` that this process has open now. */
export async function openHandles(folder: string): Promise<string[]> {
  const links = await Promise.all(
    (await fs.readdir('/proc/self/fd')).map((fd) =>
      // The descriptor of the listing itself is gone by now.
      fs.readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    ),
  );
  return links.filter((link) => link.startsWith(folder));
}

/** Waits for a state that some event of the network brings about. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** XML-RPC over SCGI on a Unix socket, as far as rTorrent needs it. */

import net from 'node:net';

export type RpcArgument = string | Buffer;

/** The response's scalars in document order, whatever structure holds them. */
export async function callScgi(
  socketPath: string,
  method: string,
  args: readonly RpcArgument[] = [],
): Promise<string[]> {
  const body = methodCall(method, args);
  const headers = `CONTENT_LENGTH\0${Buffer.byteLength(body)}\0SCGI\x001\0`;
  const answer = await exchange(socketPath, `${headers.length}:${headers},${body}`);
  const scalars = [...answer.matchAll(/<(i4|i8|int|string)>([^<]*)<\/\1>/g)];
  const values = scalars.map((match) => unescapeXml(match[2] ?? ''));
  if (answer.includes('<fault>')) throw new Error(`${method}: ${values.join(' ')}`);
  return values;
}

function methodCall(method: string, args: readonly RpcArgument[]): string {
  const params = args.map((arg) =>
    Buffer.isBuffer(arg)
      ? `<base64>${arg.toString('base64')}</base64>`
      : `<string>${escapeXml(arg)}</string>`,
  );
  return (
    `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>` +
    `${params.map((param) => `<param><value>${param}</value></param>`).join('')}</params></methodCall>`
  );
}

function exchange(socketPath: string, message: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(socketPath);
    let answer = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no answer on ${socketPath}`)));
    socket.setEncoding('utf8');
    socket.on('data', (text) => (answer += String(text)));
    socket.once('error', reject);
    socket.once('end', () => resolve(answer));
    socket.write(message);
  });
}

const escapeXml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const unescapeXml = (text: string): string =>
  text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

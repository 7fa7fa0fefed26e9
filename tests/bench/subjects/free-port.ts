/** A port for programs that cannot say which one they were given: free for TCP and UDP just now. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export async function freePort(): Promise<number> {
  for (;;) {
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address() as AddressInfo;
    const isFree = await isFreeForUdp(port);
    tcp.close();
    await once(tcp, 'close');
    if (isFree) return port;
  }
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const udp = createSocket('udp4');
  try {
    udp.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(udp, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    udp.close();
  }
}

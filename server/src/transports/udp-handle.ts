/** A bound UDP socket's handle of libuv: packets without an event, answers without `send`'s way. */
import type { RemoteInfo, Socket } from 'node:dgram';
import { hasMethods, nodeInternals } from './node-internals';

/** Of libuv's `uv_udp_t`, what is used here. */
interface UdpHandle {
  onmessage: (count: number, handle: UdpHandle, packet: Buffer, source: RemoteInfo) => void;
  /**
   * @returns a negative error of libuv; 0 when `request` is under way; else the packet is sent, and
   *   Node has not kept the request
   */
  send: (
    request: SendRequest,
    packets: Uint8Array[],
    count: number,
    port: number,
    address: string,
    hasCallback: boolean,
  ) => number;
}

interface SendRequest {
  /** What has to stay in memory until it is complete: Node does not hold it. */
  packets?: Uint8Array[];
  oncomplete?: () => void;
}

/** What the tracker needs of a socket that it has bound. */
export interface PacketSender {
  /** An address that cannot be sent to is passed over: UDP promises nothing. */
  send(packet: Buffer, port: number, address: string): void;
  /** Packets that are not sent yet: they are read when their turn comes. */
  waiting(): number;
}

export type TakePacket = (packet: Buffer, source: RemoteInfo) => void;

/**
 * From now on packets go to `take`, past the socket's events.
 * @returns `null`, with nothing changed, where Node's parts are not as known
 */
export function takePackets(
  socket: Socket,
  take: TakePacket,
  onError: (error: Error) => void,
): PacketSender | null {
  const SendWrap = nodeInternals('udp_wrap')?.['SendWrap'] as (new () => SendRequest) | undefined;
  const handle = handleOf(socket);
  if (handle === null || typeof SendWrap !== 'function') return null;
  handle.onmessage = (count, _handle, packet, source) => {
    if (count < 0) onError(new Error(`receive: libuv error ${count}`));
    else take(packet, source);
  };
  return senderOf(handle, SendWrap);
}

function senderOf(handle: UdpHandle, SendWrap: new () => SendRequest): PacketSender {
  let spare = new SendWrap();
  const packets: Uint8Array[] = [];
  let underWay = 0;
  return {
    send(packet, port, address) {
      packets[0] = packet;
      const outcome = handle.send(spare, packets, 1, port, address, true);
      if (outcome !== 0) return;
      const request = spare;
      spare = new SendWrap();
      underWay += 1;
      request.packets = [packet];
      request.oncomplete = () => (underWay -= 1);
    },
    waiting: () => underWay,
  };
}

/** A socket keeps it behind a symbol of Node's own. */
function handleOf(socket: Socket): UdpHandle | null {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  if (symbol === undefined) return null;
  const state = (socket as unknown as Record<symbol, { handle?: unknown } | undefined>)[symbol];
  return hasMethods(state?.handle, ['send', 'onmessage']) ? (state?.handle as UdpHandle) : null;
}

/**
 * What nobody has to wait for need not pass through a socket's read buffer, its event and the ticks that
 * it queues for each chunk.
 */
import type { Socket } from 'node:net';

/**
 * From now on chunks go straight to `take` while `mayTake` says so and nothing is buffered before them.
 * Otherwise, and should a socket not call its own `push`, they come with the `data` event as usual.
 * @returns undoes it
 */
export function readDirectly(
  socket: Socket,
  take: (chunk: Buffer) => void,
  mayTake: () => boolean,
): () => void {
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null) => {
    if (chunk === null || socket.readableLength > 0 || !mayTake()) return push(chunk);
    take(chunk);
    return true;
  };
  return () => void Reflect.deleteProperty(socket, 'push');
}

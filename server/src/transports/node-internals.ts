/**
 * Node's own parts below its sockets. They are not public API, so they are used only where they are
 * as known (docs/decisions/0013); everywhere else the public sockets do the same, slower.
 */

/** Those on which the tests have run. */
const KNOWN_MAJORS = new Set(['20', '22', '24']);

/**
 * @param name of one of Node's internal modules that `process.binding` still hands out
 * @returns `null` where this Node is not one that is known, or keeps it to itself
 */
export function nodeInternals(name: 'stream_wrap' | 'udp_wrap'): Record<string, unknown> | null {
  if (!KNOWN_MAJORS.has(process.versions.node.split('.')[0] ?? '')) return null;
  try {
    // Refused with an error under Node's permission model.
    const { binding } = process as { binding?: (name: string) => unknown };
    const found = binding?.(name);
    return typeof found === 'object' ? (found as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** Whether an object has all of these methods, on itself or from its class. */
export function hasMethods(object: unknown, names: readonly string[]): boolean {
  if (typeof object !== 'object' || object === null) return false;
  const methods = object as Record<string, unknown>;
  return names.every((name) => typeof methods[name] === 'function');
}

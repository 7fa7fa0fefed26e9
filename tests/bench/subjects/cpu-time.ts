/**
 * Processor time of another process, from Linux' `/proc`. Throughput is bounded by whichever side is
 * slower; what the server itself spends per announce says more, and for programs of any language.
 */
import { readFileSync } from 'node:fs';

/** `CLK_TCK` of every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Milliseconds in user and kernel mode, all threads, those that have ended too. */
export function cpuTimeOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/** What a part of the benchmark is given and gives. */
import type { Places } from '../subjects';
import type { PartReport } from '../report';
import type { Durations } from '../rounds';
import type { Servers } from '../servers';

export interface PartContext {
  servers: Servers;
  places: Places;
  durations: Durations;
  /** True for a look at whether everything works: numbers mean nothing then. */
  isQuick: boolean;
  say: (line: string) => void;
}

export type Part = (context: PartContext) => Promise<PartReport[]>;

/** What a load is: clients that announce to one server, each its next announce on its last answer. */
import type { Client } from '../scenario';

/** Where the doors of a server are: TCP and UDP ports on 127.0.0.1. */
export interface Ports {
  http?: number;
  udp?: number;
  ws?: number;
  /** Of a seeder. */
  peer?: number;
}

export interface LoadOptions {
  port: number;
  /** Reads an answer; `self` is the asker's endpoint. `null`: it is right. */
  isSelfForbidden: boolean;
  /** False while the swarms fill: there are no fifty peers to expect yet. */
  isComplete: boolean;
  /** Announces per second over all clients; as fast as answers come when left out. */
  pace?: number;
  /** UDP: milliseconds after which an announce is sent again, and counts as not answered. */
  retryAfter?: number;
  /** Each client stops after so many announces. */
  limitPerClient?: number;
}

export interface LoadSession {
  /** Right answers so far. */
  readonly answers: number;
  /** What was wrong first; the session is over then. */
  readonly problem: string | null;
  start(): void;
  /** Resolves when all clients have reached their limit, or with a problem. */
  finished: Promise<void>;
  /** Stops asking and closes every socket. */
  close(): Promise<void>;
}

export interface Load {
  readonly name: string;
  /** Connects what can be connected beforehand. */
  open(options: LoadOptions): Promise<LoadSession>;
}

/** Counts answers and keeps the first problem, the same for every transport. */
export interface Tally {
  answers: number;
  problem: string | null;
  isOver: boolean;
  finished: Promise<void>;
  /** The answer to one announce of `client`, checked. Whether the client should go on. */
  count(client: Client, problem: string | null): boolean;
  fail(problem: string): void;
}

export function createTally(clients: number, limitPerClient = Infinity): Tally {
  const done = new Map<number, number>();
  let atLimit = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const tally: Tally = {
    answers: 0,
    problem: null,
    isOver: false,
    finished,
    count(client, problem) {
      if (problem !== null) tally.fail(problem);
      if (tally.isOver) return false;
      tally.answers += 1;
      if (limitPerClient === Infinity) return true;
      const announced = (done.get(client.index) ?? 0) + 1;
      done.set(client.index, announced);
      if (announced < limitPerClient) return true;
      atLimit += 1;
      if (atLimit === clients) finish();
      return false;
    },
    fail(problem) {
      if (tally.isOver) return; // sockets break when they are closed
      tally.problem = problem;
      tally.isOver = true;
      finish();
    },
  };
  return tally;
}

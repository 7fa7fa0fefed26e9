/** Another try after a while: for a database that is locked or restarting. */

import { setTimeout as sleep } from 'node:timers/promises';

const DELAYS_MS = [200, 1_000, 5_000];

/** @throws the last error when every try has failed */
export async function retrying<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const delay of DELAYS_MS) {
    try {
      return await work();
    } catch {
      await sleep(delay, undefined, { ref: false }); // the last try tells what is wrong
    }
  }
  return work();
}

/**
 * `npm run bench`: compares the tracker with bare servers and with other trackers, and writes the
 * tables of docs/performance.md. `npm run bench -- udp` runs one part; `--quick` only looks whether
 * everything works, and writes nothing.
 */

import { bundle, installPeers, runBundle } from './bench-prepare.mjs';
import { build } from './prepare.mjs';

await build();
await installPeers();
await bundle();
process.exitCode = await runBundle('main.mjs', process.argv.slice(2));

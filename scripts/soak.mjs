/** `npm run soak`: a minute at full load with junk mixed in; see tests/bench/soak.ts. */

import { bundle, runBundle } from './bench-prepare.mjs';
import { install } from './prepare.mjs';

await install();
await bundle();
process.exitCode = await runBundle('soak.mjs', process.argv.slice(2));

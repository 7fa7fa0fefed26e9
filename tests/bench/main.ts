/**
 * `npm run bench`: all parts, or those named. Ends with an error only when an answer was wrong; a
 * bar that is not met is a line in a table, because it says something about a machine as well.
 */
import { besidePart } from './parts/beside-strapi';
import { everseedPart } from './parts/everseed';
import { everseedSitePart } from './parts/everseed-site';
import { httpPart } from './parts/http';
import { gatePart, growthPart, memoryPart } from './parts/in-process';
import { udpPart } from './parts/udp';
import type { Part } from './parts/part';
import { webSeedPart } from './parts/webseed';
import { websocketPart } from './parts/websocket';
import { isMet, toMarkdown, writeDocument, type PartReport } from './report';
import { WrongAnswer, type Durations } from './rounds';
import { createServers } from './servers';
import type { Places } from './subjects';

const PARTS: Readonly<Record<string, Part>> = {
  http: httpPart,
  udp: udpPart,
  websocket: websocketPart,
  webseed: webSeedPart,
  memory: memoryPart,
  growth: growthPart,
  gate: gatePart,
  beside: besidePart,
  everseed: everseedPart,
  'everseed-site': everseedSitePart,
};

const FULL: Durations = { rounds: 5, warmUp: 300, measure: 1700 };
const QUICK: Durations = { rounds: 2, warmUp: 100, measure: 400 };

interface Settings extends Places {
  document: string;
}

const settings = JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}') as Settings;
const isQuick = process.argv.includes('--quick');
const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = named.filter((name) => !(name in PARTS));
if (unknown.length > 0) {
  throw new Error(
    `no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`,
  );
}
const chosen = Object.entries(PARTS).filter(([name]) => named.length === 0 || named.includes(name));

const say = (line: string): void => console.log(`  ${line}`);
const servers = createServers(settings, say);
const reports: PartReport[] = [];
try {
  for (const [name, part] of chosen) {
    console.log(`\n▸ ${name}`);
    const durations = isQuick ? QUICK : FULL;
    reports.push(...(await part({ servers, places: settings, durations, isQuick, say })));
  }
} catch (error) {
  if (!(error instanceof WrongAnswer)) throw error;
  console.error(`\nA wrong answer: ${error.message}`);
  process.exitCode = 1;
} finally {
  await servers.stop();
}

for (const report of reports) console.log(`\n${toMarkdown(report)}`);
const rows = reports.flatMap((report) => report.rows);
const missed = rows.filter((row) => isMet(row) === false);
const judged = rows.filter((row) => isMet(row) !== null);
console.log(`\n${judged.length - missed.length} of ${judged.length} bars met`);
for (const { measure } of missed) console.log(`  not met: ${measure}`);
// Numbers of a quick run, or of one with wrong answers, are nobody's business.
if (!isQuick && process.exitCode !== 1) await writeDocument(settings.document, reports);

import { createFaultReporter } from '../../../server/src/transports';
import { handClock } from '../../contract/swarm-fixtures';

it('says the first fault at once and the number of those it kept quiet about', () => {
  const lines: string[] = [];
  const clock = handClock();
  const report = createFaultReporter({ logger: { error: (line) => lines.push(line) }, clock });
  report('a scrape', new Error('broken'));
  report('a scrape', new Error('broken'));
  report('a scrape', 'broken');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^bittorrent: a scrape failed: Error: broken/);
  clock.advance(11);
  report('an announce', 'torn');
  expect(lines[1]).toBe('bittorrent: an announce failed (and 2 more since the last line): torn');
  clock.advance(11);
  report('an announce', 'torn');
  expect(lines[2]).toBe('bittorrent: an announce failed: torn');
});

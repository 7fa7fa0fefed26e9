import { createMetrics } from '../../../server/src/api';
import type { Numbers } from '../../../server/src/api/metrics';

const numbers = (): Numbers => ({
  requests: {
    announces: [{ transport: 'udp', family: 6, outcome: 'ok', count: 3 }],
    scrapes: [],
    drops: [{ reason: 'udp-malformed', count: 0 }],
    latency: { bounds: [1, 10], counts: [2, 1, 1], sum: 1_000_005 },
  },
  swarms: { swarms: 2, peers4: 5, peers6: 7 },
  stock: { torrents: 9, bytes: 2 ** 50, jobs: { queued: 1 } },
  traffic: { webSeed: 1000, everseed: 200, downloaded: 5000 },
  warnings: [{ name: 'broken', active: true }],
});

it('shows the numbers of the moment, each time anew', async () => {
  let now = numbers();
  const metrics = createMetrics(() => now);
  const first = await metrics.text();
  expect(first).toContain(
    'bittorrent_announces_total{transport="udp",family="6",outcome="ok"} 3\n',
  );
  expect(first).toContain('bittorrent_dropped_total{reason="udp-malformed"} 0\n');
  expect(first).toContain('bittorrent_peers{family="6"} 7\n');
  expect(first).toContain('bittorrent_torrents_bytes 1125899906842624\n');
  expect(first).toContain('bittorrent_warning{warning="broken"} 1\n');
  now = { ...now, swarms: { swarms: 0, peers4: 0, peers6: 0 }, warnings: [] };
  const second = await metrics.text();
  expect(second).toContain('bittorrent_peers{family="6"} 0\n');
  expect(second).not.toContain('broken');
  // Counters are read, not added up.
  expect(second).toContain('outcome="ok"} 3\n');
});

it('has a histogram in seconds, cumulative as Prometheus wants it', async () => {
  const text = await createMetrics(numbers).text();
  const lines = text.split('\n').filter((line) => line.includes('duration_seconds'));
  expect(lines.slice(1)).toEqual([
    '# TYPE bittorrent_announce_duration_seconds histogram',
    'bittorrent_announce_duration_seconds_bucket{le="0.000001"} 2',
    'bittorrent_announce_duration_seconds_bucket{le="0.00001"} 3',
    'bittorrent_announce_duration_seconds_bucket{le="+Inf"} 4',
    'bittorrent_announce_duration_seconds_sum 1.000005',
    'bittorrent_announce_duration_seconds_count 4',
  ]);
});

it('watches the event loop only between start and stop', async () => {
  const metrics = createMetrics(numbers);
  const delays = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => line.startsWith('bittorrent_event_loop'));
  expect(await delays()).toEqual([]);
  metrics.start();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await delays()).toHaveLength(4);
  metrics.stop();
  expect(await delays()).toEqual([]);
});

it('keeps the registries of two sites apart', async () => {
  const other = createMetrics(() => ({ ...numbers(), warnings: [] }));
  expect(await createMetrics(numbers).text()).toContain('broken');
  expect(await other.text()).not.toContain('broken');
});

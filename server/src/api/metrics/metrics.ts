/**
 * The plugin's metrics as Prometheus reads them, in a registry of their own. Nothing is done per
 * announce: each metric reads its number when it is asked for. Labels are finite lists; no address,
 * no passkey and no info-hash is ever one.
 */

import { Counter, Gauge, Registry } from 'prom-client';
import { BucketHistogram } from './bucket-histogram';
import { createEventLoopDelay } from './event-loop-delay';
import type { Numbers, RequestCount } from './numbers';

export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  /** Watches the event loop. */
  start(): void;
  stop(): void;
}

type Labelled = readonly (readonly [labels: Record<string, string>, value: number])[];

/** @param take called once per scrape of the metrics */
export function createMetrics(take: () => Numbers): Metrics {
  let latest = take();
  const numbers = (): Numbers => latest;
  const registry = new Registry();
  const delay = createEventLoopDelay();
  addRequestMetrics(registry, numbers);
  addStateMetrics(registry, numbers);
  addTrafficMetrics(registry, numbers);
  gauge(registry, {
    name: 'bittorrent_event_loop_delay_seconds',
    help: 'How late the event loop of this Strapi was since the last scrape of the metrics.',
    label: ['statistic'],
    read: () => delay.take().map(({ statistic, seconds }) => [{ statistic }, seconds]),
  });
  return {
    contentType: registry.contentType,
    text() {
      latest = take();
      return registry.metrics();
    },
    start: () => delay.start(),
    stop: () => delay.stop(),
  };
}

function addRequestMetrics(registry: Registry, numbers: () => Numbers): void {
  const label = ['transport', 'family', 'outcome'];
  counter(registry, {
    name: 'bittorrent_announces_total',
    help: 'Announces answered; outcome is "ok" or the code of the failure.',
    label,
    read: () => numbers().requests.announces.map(labelled),
  });
  counter(registry, {
    name: 'bittorrent_scrapes_total',
    help: 'Scrapes answered, each once however many info-hashes it asks about.',
    label,
    read: () => numbers().requests.scrapes.map(labelled),
  });
  counter(registry, {
    name: 'bittorrent_dropped_total',
    help: 'Packets and messages thrown away without an answer, and forwarded addresses not believed.',
    label: ['reason'],
    read: () => numbers().requests.drops.map(({ reason, count }) => [{ reason }, count]),
  });
  new BucketHistogram({
    registry,
    name: 'bittorrent_announce_duration_seconds',
    help:
      'Time of an announce inside the tracker (gate, swarm), without socket and parsing. ' +
      'One announce of 16 is measured.',
    read: () => numbers().requests.latency,
  });
}

function addTrafficMetrics(registry: Registry, numbers: () => Numbers): void {
  counter(registry, {
    name: 'bittorrent_served_bytes_total',
    help: 'Bytes of files that the site has sent since this process started.',
    label: ['by'],
    read: () => {
      const { webSeed, everseed } = numbers().traffic;
      return [
        [{ by: 'web-seed' }, webSeed],
        [{ by: 'everseed' }, everseed],
      ];
    },
  });
  counter(registry, {
    name: 'bittorrent_downloaded_bytes_total',
    help:
      'Bytes that clients said they had downloaded when they finished, from the site or from peers; ' +
      'an estimate.',
    read: () => [[{}, numbers().traffic.downloaded]],
  });
}

function addStateMetrics(registry: Registry, numbers: () => Numbers): void {
  gauge(registry, {
    name: 'bittorrent_swarms',
    help: 'Torrents with at least one peer.',
    read: () => [[{}, numbers().swarms.swarms]],
  });
  gauge(registry, {
    name: 'bittorrent_peers',
    help: 'Peers in all swarms, by address family.',
    label: ['family'],
    read: () => {
      const { peers4, peers6 } = numbers().swarms;
      return [
        [{ family: '4' }, peers4],
        [{ family: '6' }, peers6],
      ];
    },
  });
  gauge(registry, {
    name: 'bittorrent_torrents',
    help: 'Torrents that the site has.',
    read: () => [[{}, numbers().stock.torrents]],
  });
  gauge(registry, {
    name: 'bittorrent_torrents_bytes',
    help: 'Bytes of the payloads of these torrents.',
    read: () => [[{}, numbers().stock.bytes]],
  });
  gauge(registry, {
    name: 'bittorrent_jobs',
    help: 'Generation jobs by status; "queued" and "hashing" are the queue.',
    label: ['status'],
    read: () => Object.entries(numbers().stock.jobs).map(([status, count]) => [{ status }, count]),
  });
  gauge(registry, {
    name: 'bittorrent_warning',
    help: '1 while something needs mending; the health endpoint says it in words.',
    label: ['warning'],
    read: () => numbers().warnings.map(({ name, active }) => [{ warning: name }, active ? 1 : 0]),
  });
}

interface MetricOptions {
  name: string;
  help: string;
  label?: string[];
  read: () => Labelled;
}

function counter(registry: Registry, { name, help, label = [], read }: MetricOptions): void {
  new Counter({
    name,
    help,
    labelNames: label,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

function gauge(registry: Registry, { name, help, label = [], read }: MetricOptions): void {
  new Gauge({
    name,
    help,
    labelNames: label,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

function labelled({ transport, family, outcome, count }: RequestCount): Labelled[number] {
  return [{ transport, family: String(family), outcome }, count];
}

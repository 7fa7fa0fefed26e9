/**
 * Ports that no peer listens on. A swarm hands out whatever port a peer claims; without this
 * list, one forged announce points thousands of clients at somebody's database or mail server.
 */

/** Registered ports of services that are attacked or that answer strangers. */
const SERVICE_PORTS: ReadonlySet<number> = new Set([
  1080, // socks
  1433,
  1434, // mssql
  1521, // oracle
  1900, // ssdp
  2049, // nfs
  2375,
  2376, // docker
  3128, // proxies
  3306, // mysql
  3389, // remote desktop
  5060,
  5061, // sip
  5353, // mdns
  5432, // postgresql
  5672, // amqp
  5900, // vnc
  5984, // couchdb
  6379, // redis
  6667, // irc
  8080,
  8443, // web servers
  9200,
  9300, // elasticsearch
  11211, // memcached
  27017, // mongodb
]);

export function isServicePort(port: number): boolean {
  return port < 1024 || SERVICE_PORTS.has(port);
}

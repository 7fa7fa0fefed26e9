/** Says that a proxy in front of Strapi is not known: once in the log, and to whoever asks. */

interface Warning {
  /** For metrics. */
  name: string;
  text: string;
  isActive: () => boolean;
}

export interface ProxyWarningsDeps {
  allShareOnePrivateAddress: () => boolean;
  /** A network beyond the limits is spared because nearly all traffic is its. */
  sparesProxy: () => boolean;
  logger: { warn(message: string): void };
}

export interface ProxyWarnings {
  all(): { name: string; active: boolean }[];
  /** Those that hold now, one sentence each, without addresses. */
  texts(): string[];
  start(): void;
  stop(): void;
}

const LOOK_EVERY_MS = 30_000;
const ADVICE = 'Set tracker.trustedProxies, or Strapi’s server.proxy.koa.';

export function createProxyWarnings(deps: ProxyWarningsDeps): ProxyWarnings {
  const warnings: Warning[] = [
    {
      name: 'all-peers-share-one-private-address',
      text: `All peers come from one private address, most likely a proxy’s. ${ADVICE}`,
      isActive: deps.allShareOnePrivateAddress,
    },
    {
      name: 'one-network-beyond-limits',
      text: `Nearly all announces come from one network, most likely a proxy’s, and it is not limited. ${ADVICE}`,
      isActive: deps.sparesProxy,
    },
  ];
  const said = new Set<Warning>();
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    for (const warning of warnings) {
      if (said.has(warning) || !warning.isActive()) continue;
      said.add(warning);
      deps.logger.warn(`[bittorrent] ${warning.text}`);
    }
  }

  return {
    all: () => warnings.map(({ name, isActive }) => ({ name, active: isActive() })),
    texts: () => warnings.filter(({ isActive }) => isActive()).map(({ text }) => text),
    start() {
      timer ??= setInterval(look, LOOK_EVERY_MS).unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}

/**
 * Which websites' pages may connect. Only browsers say where they are from, and other programs can
 * say what they like: this keeps foreign pages from using the tracker, and is no protection of data.
 */

/** Whether a page from there may connect; `undefined`: not a browser. */
export type OriginPolicy = (origin: string | undefined) => boolean;

/** `*`, `https://app.example`, `https://*.example.com` or, for any scheme and port, `*.example.com` */
export const ORIGIN_PATTERN = /^(\*|(https?:\/\/)?(\*\.)?[a-z\d-]+(\.[a-z\d-]+)*(:\d{1,5})?)$/;

export function createOriginPolicy(patterns: readonly string[]): OriginPolicy {
  if (patterns.includes('*')) return () => true;
  const rules = patterns.map(ruleOf);
  return (origin) => origin === undefined || rules.some((rule) => rule(origin.toLowerCase()));
}

function ruleOf(pattern: string): (origin: string) => boolean {
  const scheme = /^https?:\/\//.exec(pattern)?.[0] ?? '';
  const host = pattern.slice(scheme.length);
  const hasPort = /:\d+$/.test(host);
  return (origin) => {
    const own = /^[a-z][a-z\d+.-]*:\/\//.exec(origin)?.[0] ?? '';
    if (own === '' || (scheme !== '' && own !== scheme)) return false;
    const rest = origin.slice(own.length);
    const named = hasPort || scheme !== '' ? rest : rest.replace(/:\d+$/, '');
    return host.startsWith('*.') ? named.endsWith(host.slice(1)) : named === host;
  };
}

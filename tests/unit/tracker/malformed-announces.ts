/**
 * Announces that must be refused, and how: the cases of torrust's contract, of chihaya and of our
 * own list of abuse. The parser is held to them directly and over sockets.
 */
import type { TrackerErrorCode } from '../../../server/src/tracker';

export const HASH_PARAMETER = 'info_hash=aaaaaaaaaaaaaaaaaaaa';
export const PEER_PARAMETER = 'peer_id=-XX0001-bbbbbbbbbbbb';
/** The least that is an announce. */
export const ANNOUNCE = `${HASH_PARAMETER}&${PEER_PARAMETER}&port=6881`;

export type MalformedCase = [query: string, code: TrackerErrorCode];

const refusedAs = (code: TrackerErrorCode, queries: string[]): MalformedCase[] =>
  queries.map((query) => [query, code]);

/** The announce with other values for a parameter that it has. */
const withValues = (name: string, values: string[]): string[] =>
  values.map((value) => ANNOUNCE.replace(new RegExp(`${name}=[^&]*`), () => `${name}=${value}`));

const withMore = (parts: string[]): string[] => parts.map((part) => `${ANNOUNCE}&${part}`);

const without = (name: string): string => ANNOUNCE.replace(new RegExp(`&?${name}=[^&]*`), '');

const NOT_20_BYTES = ['', '0', '-1', '1.1', 'a', 'a'.repeat(19), 'a'.repeat(21), 'ab'.repeat(20)];
const BROKEN_ESCAPES = ['%', '%0', '%0%a', '%zz', '%ZZ'.repeat(20), `${'a'.repeat(19)}%`];
const NOT_AMOUNTS = [
  '',
  '-1',
  '1.1',
  '1.5',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  'a',
  '07',
  ' 1',
].concat('18446744073709551616', '9'.repeat(50));
const EACH_ONCE = ['left=1', 'uploaded=1', 'downloaded=1', 'event=', 'numwant=1', 'compact=1'];

export const MALFORMED_ANNOUNCES: MalformedCase[] = [
  ...refusedAs('missing-info-hash', ['', 'a=b=c', '&a', '&=b?', '=', '&&&', without('info_hash')]),
  ...refusedAs('missing-info-hash', [
    '&'.repeat(15_000),
    Array.from({ length: 1000 }, (_, i) => `p${i}=1`).join('&'),
  ]),
  ...refusedAs('missing-peer-id', [without('peer_id')]),
  ...refusedAs('missing-port', [without('port')]),
  ...refusedAs('invalid-info-hash', withValues('info_hash', [...NOT_20_BYTES, ...BROKEN_ESCAPES])),
  ...refusedAs('invalid-peer-id', withValues('peer_id', [...NOT_20_BYTES, ...BROKEN_ESCAPES])),
  ...refusedAs(
    'invalid-port',
    withValues('port', [
      '',
      '-1',
      '0',
      '65536',
      '7000.5',
      '07',
      '1.1',
      'a',
      '%36881',
      '9'.repeat(400),
    ]),
  ),
  ...refusedAs('invalid-amount', withMore(NOT_AMOUNTS.map((value) => `left=${value}`))),
  ...refusedAs('invalid-amount', withMore(NOT_AMOUNTS.map((value) => `uploaded=${value}`))),
  ...refusedAs('invalid-amount', withMore(NOT_AMOUNTS.map((value) => `downloaded=${value}`))),
  ...refusedAs(
    'invalid-event',
    withMore(
      ['0', '-1', '1.1', 'a', 'Started', 'Stopped', 'Completed', 'started+', '%73tarted'].map(
        (value) => `event=${value}`,
      ),
    ),
  ),
  ...refusedAs(
    'invalid-numwant',
    withMore(['', '-', '--1', '1.1', '-1.5', 'a', '0x5'].map((value) => `numwant=${value}`)),
  ),
  ...refusedAs(
    'invalid-compact',
    withMore(['', '-1', '2', '1.1', 'a', '01', 'true'].map((value) => `compact=${value}`)),
  ),
  ...refusedAs('malformed-query', [
    '%zz',
    '%',
    ...withMore(['x=%zz', '%=1', '%0', 'passkey=%g1', 'x=a%']),
  ]),
  ...refusedAs(
    'repeated-parameter',
    withMore([ANNOUNCE, HASH_PARAMETER, PEER_PARAMETER, 'port=6881']),
  ),
  ...refusedAs('repeated-parameter', withMore(EACH_ONCE.map((part) => `${part}&${part}`))),
  ...refusedAs('repeated-parameter', withMore(['passkey=k&passkey=k', 'left=1&left=0'])),
  // `;` is no separator: the port is "6881;left=0".
  ...refusedAs('invalid-port', [`${ANNOUNCE};left=0`]),
];

import { encodeFailure, REFUSAL, TRACKER_ERRORS } from '../../../server/src/tracker';
import { errorOfRefusal } from '../../../server/src/tracker/errors';
import { decodeStrictly } from './strict-bencode';

const catalogue = Object.entries(TRACKER_ERRORS);

it.each(catalogue)('%s has a text that any client can show and an interval', (code, error) => {
  expect(error.code).toBe(code);
  expect(error.text).toMatch(/^[A-Z][\x20-\x7e]{10,140}\.$/);
  // Tracker lists accept 300 to 10800 s; only who has no answer yet is back sooner.
  const isBackSoon = code === 'starting' || code === 'checking';
  expect(error.retryAfter).toBeGreaterThanOrEqual(isBackSoon ? 30 : 300);
  expect(error.retryAfter).toBeLessThanOrEqual(10_800);
});

it.each(catalogue)('%s is encoded with the intervals that clients obey and BEP 31', (_, error) => {
  expect(decodeStrictly(encodeFailure(error))).toEqual({
    'failure reason': error.text,
    interval: error.retryAfter,
    'min interval': error.retryAfter,
    'retry in': Math.ceil(error.retryAfter / 60),
  });
});

it('has one text of its own for each refusal', () => {
  const texts = Object.values(REFUSAL).map((refusal) => errorOfRefusal(refusal).text);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts).not.toContain(TRACKER_ERRORS.internal.text);
  for (const refusal of Object.values(REFUSAL)) expect(refusal).toBeLessThan(0);
});

it('calls an unknown refusal a problem of its own', () => {
  expect(errorOfRefusal(-99)).toBe(TRACKER_ERRORS.internal);
});

it('cannot be changed by who reads it', () => {
  expect(Object.isFrozen(TRACKER_ERRORS)).toBe(true);
  expect(Object.isFrozen(TRACKER_ERRORS.closed)).toBe(true);
});

import { createProxyWarnings } from '../../../server/src/proxy-warnings';

afterEach(() => jest.useRealTimers());

it('says each warning once in the log, and as long as it holds to whoever asks', () => {
  jest.useFakeTimers();
  let shared = false;
  const warn = jest.fn();
  const warnings = createProxyWarnings({
    allShareOnePrivateAddress: () => shared,
    sparesProxy: () => false,
    logger: { warn },
  });
  warnings.start();
  jest.advanceTimersByTime(60_000);
  expect(warn).not.toHaveBeenCalled();
  expect(warnings.texts()).toEqual([]);

  shared = true;
  jest.advanceTimersByTime(300_000);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('trustedProxies'));
  expect(warnings.texts()).toEqual([expect.stringContaining('one private address')]);
  expect(warnings.all()).toEqual([
    { name: 'all-peers-share-one-private-address', active: true },
    { name: 'one-network-beyond-limits', active: false },
  ]);

  shared = false;
  expect(warnings.texts()).toEqual([]);
  warnings.stop();
  shared = true;
  jest.advanceTimersByTime(300_000);
  expect(warn).toHaveBeenCalledTimes(1);
});

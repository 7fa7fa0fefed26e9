import { allowedFast } from '../../../../server/src/seeding/everseed/wire/allowed-fast';

const infoHash = Buffer.alloc(20, 0xaa);

test.each([
  [7, [1059, 431, 808, 1217, 287, 376, 1188]],
  [9, [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]],
])('the example of BEP 6: %d pieces', (count, pieces) => {
  const options = { infoHash, pieceCount: 1313, count };
  expect(allowedFast({ ...options, address: '80.4.4.200' })).toEqual(pieces);
  expect(allowedFast({ ...options, address: '::ffff:80.4.4.200' })).toEqual(pieces);
  expect(allowedFast({ ...options, address: '80.4.4.7' })).toEqual(pieces);
  expect(allowedFast({ ...options, address: '80.4.5.200' })).not.toEqual(pieces);
});

test('of fewer pieces than that, all of them', () => {
  const pieces = allowedFast({ infoHash, address: '2001:db8::1', pieceCount: 3 });
  expect([...pieces].sort()).toEqual([0, 1, 2]);
});

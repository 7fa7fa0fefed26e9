import { parseWebSeedPath, pathBelow } from '../../../server/src/seeding/web-seed-path';
import { webSeedUrl } from '../../../server/src/seeding/web-seed-url';

const infoHash = '0123456789abcdef0123456789abcdef01234567';
const parts = { publicUrl: 'https://cms.example', token: 'public', infoHash };

it.each<[string, boolean, string]>([
  ['a.bin', false, 'a.bin'],
  ['a.bin', true, ''],
  ["a b é+'(&)!*~,;=@", false, 'a%20b%20%C3%A9%2B%27%28%26%29%21%2A~%2C%3B%3D%40'],
  ['50% #1?', false, '50%25%20%231%3F'],
])('the web seed of %j (multi-file: %s) ends in %j', (name, multiFile, end) => {
  expect(webSeedUrl({ ...parts, name, multiFile })).toBe(
    `https://cms.example/webseed/public/${infoHash}/${end}`,
  );
});

it.each(['https://cms.example', 'https://cms.example/', 'https://cms.example//'])(
  'stands below the public URL %s without doubled slashes',
  (publicUrl) => {
    expect(webSeedUrl({ ...parts, publicUrl, name: 'a', multiFile: false })).toBe(
      `https://cms.example/webseed/public/${infoHash}/a`,
    );
  },
);

it.each(['a.bin', "a b é+'(&)!*~,;=@.bin", '100%', '😀'])(
  'is understood by the web seed: %j',
  (name) => {
    const url = new URL(webSeedUrl({ ...parts, token: 'tok-en_1', name, multiFile: false }));
    expect(parseWebSeedPath(pathBelow('/webseed', url.pathname) ?? '')).toEqual({
      kind: 'request',
      request: { token: 'tok-en_1', infoHash, path: name },
    });
  },
);

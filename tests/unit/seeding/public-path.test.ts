import { posix, win32 } from 'node:path';
import { uploadPathOf } from '../../../server/src/seeding/public-path';

const FILE = 'uploads/a_1f.mp4';

test.each([
  ['/uploads/a_1f.mp4'],
  ['/uploads/a_1f.mp4/'],
  ['//uploads/a_1f.mp4'],
  ['/uploads//a_1f.mp4'],
  ['/uploads/./a_1f.mp4'],
  ['/./uploads/a_1f.mp4'],
  ['/uploads/x/../a_1f.mp4'],
  ['/x/../uploads/a_1f.mp4'],
  ['/uploads/../uploads/a_1f.mp4'],
  ['/../../uploads/a_1f.mp4'],
  ['/%75ploads/a_1f.mp4'],
  ['/uploads%2Fa_1f.mp4'],
  ['/uploads%2fa_1f.mp4'],
  ['/x/..%2fuploads/a_1f.mp4'],
  ['/x/%2e%2e/uploads/a_1f.mp4'],
  ['/uploads/%2e/a_1f.mp4'],
  ['/%2e/uploads/%61_1f%2Emp4'],
  ['/%2fuploads/a_1f.mp4'],
])('%s names the file', (path) => {
  expect(uploadPathOf(path, posix)).toBe(FILE);
});

test.each([
  ['/', null],
  ['/uploads', null],
  ['/uploads/', null],
  ['/api/uploads/a_1f.mp4', null],
  ['/uploadsx/a_1f.mp4', null],
  ['/uploads/../a_1f.mp4', null],
  // Once: the name of another file.
  ['/uploads/%2561_1f.mp4', 'uploads/%61_1f.mp4'],
  ['/%2575ploads/a_1f.mp4', null],
  // Strapi answers these with an error.
  ['/uploads/%zz', null],
  ['/uploads/%ff', null],
  ['/uploads/a_1f.mp4%00', null],
  ['/uploads/a_1f.mp4%00.png', null],
  // The file system says whether these are the same; the spelling is kept.
  ['/UPLOADS/A_1F.mp4', 'UPLOADS/A_1F.mp4'],
  ['/uploads/a_1f.mp4.', 'uploads/a_1f.mp4.'],
  ['/uploads/a_1f.mp4%20', 'uploads/a_1f.mp4 '],
  ['/uploads/caf%C3%A9.mp4', 'uploads/café.mp4'],
  // A name, where separators are slashes.
  ['/uploads\\a_1f.mp4', null],
])('%s is %s', (path, expected) => {
  expect(uploadPathOf(path, posix)).toBe(expected);
});

test.each([
  ['/uploads\\a_1f.mp4'],
  ['/uploads%5Ca_1f.mp4'],
  ['/x\\..\\uploads\\a_1f.mp4'],
  ['/uploads/x%5c..%5ca_1f.mp4'],
])('%s names the file on Windows', (path) => {
  expect(uploadPathOf(path, win32)).toBe(FILE);
});

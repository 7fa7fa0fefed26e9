import { toByteSize } from '../../../admin/src/components/byte-size';

describe('a size shown to an editor', () => {
  it.each([
    [0, 0, 'byte'],
    [999, 999, 'byte'],
    [1000, 1, 'kilobyte'],
    [1_500_000, 1.5, 'megabyte'],
    [1_468_006_400, 1.4680064, 'gigabyte'],
    [2e12, 2, 'terabyte'],
    [5e18, 5000, 'petabyte'],
  ])('%d bytes are %d %s', (bytes, value, unit) => {
    expect(toByteSize(bytes)).toEqual({ value: expect.closeTo(value, 6), unit });
  });

  it('goes to the next unit rather than being rounded to a thousand', () => {
    expect(toByteSize(999_960)).toEqual({ value: expect.closeTo(0.99996, 6), unit: 'megabyte' });
  });

  it('is never below nothing', () => {
    expect(toByteSize(-1)).toEqual({ value: 0, unit: 'byte' });
  });
});

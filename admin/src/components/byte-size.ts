/** Sizes in the decimal units that Strapi's media library shows, worded by Intl. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
const STEP = 1000;

export interface ByteSize {
  value: number;
  unit: (typeof UNITS)[number];
}

/** 1468006400 → 1.468… gigabyte. The unit is the largest that leaves a value of at least one. */
export const toByteSize = (bytes: number): ByteSize => {
  let value = Math.max(0, bytes);
  let index = 0;
  // 999.95 kB would be rounded to "1,000 kB".
  while (index < UNITS.length - 1 && Math.round(value * 10) / 10 >= STEP) {
    value /= STEP;
    index += 1;
  }

  return { value, unit: UNITS[index] ?? 'byte' };
};

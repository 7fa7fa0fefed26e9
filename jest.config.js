'use strict';

/** ESM-only packages that our own code imports (and vite bundles): jest has to transform them. */
const ESM_ONLY = ['bencode', 'uint8-util'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Strapi keeps itself in a global, which jest would empty between two files of one process.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  // Booting Strapi and real clients takes seconds; a busy machine, many of them.
  testTimeout: 120_000,
  rootDir: __dirname,
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts', '**/*.test.tsx'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tmp/', '<rootDir>/playground/'],
  moduleNameMapper: {
    '^bencode$': '<rootDir>/node_modules/bencode/index.js',
    // Native, and not built: browsers have their own.
    '^webrtc-polyfill$': '<rootDir>/tests/third-party/no-webrtc.mjs',
    '^uint8-util$': '<rootDir>/node_modules/uint8-util/dist/src/node.js',
  },
  transform: {
    '\\.[jt]sx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
          target: 'es2022',
        },
        // `import()` stays: tests reach ESM-only packages by it (--experimental-vm-modules).
        module: { type: 'commonjs', ignoreDynamic: true },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_ONLY.join('|')})/)`],
};

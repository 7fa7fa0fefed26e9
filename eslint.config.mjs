import boundaries from 'eslint-plugin-boundaries';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Who may import whom; the picture and the reasons are in docs/architecture.md. */
const IMPORT_RULES = {
  tracker: [],
  metainfo: [],
  transports: ['tracker'],
  access: ['shared'],
  seeding: ['metainfo', 'shared'],
  library: ['metainfo', 'seeding', 'access', 'shared'],
  api: ['library', 'access', 'shared'],
  'content-types': ['shared'],
  runtime: [
    'tracker',
    'metainfo',
    'transports',
    'access',
    'seeding',
    'library',
    'api',
    'content-types',
    'shared',
  ],
  admin: ['shared'],
  shared: [],
};

const folder = (type) => ({ type, pattern: `server/src/${type}` });

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.tmp/**',
      '**/.strapi/**',
      '**/.cache/**',
      '**/build/**',
      '**/types/generated/**',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./server/tsconfig.json', './admin/tsconfig.json', './tests/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['server/src/**/*.ts', 'admin/src/**/*.{ts,tsx}', 'shared/**/*.ts'],
    plugins: { boundaries },
    settings: {
      'import/resolver': {
        typescript: {
          project: ['server/tsconfig.json', 'admin/tsconfig.json'],
          noWarnOnMultipleProjects: true,
        },
      },
      'boundaries/elements': [
        ...Object.keys(IMPORT_RULES)
          .filter((type) => !['runtime', 'admin', 'shared'].includes(type))
          .map(folder),
        { type: 'shared', pattern: 'shared' },
        { type: 'admin', pattern: 'admin/src' },
        { type: 'runtime', pattern: 'server/src' },
      ],
    },
    rules: {
      'boundaries/no-unknown-files': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            { allow: { to: { module: { origin: ['external', 'core'] } } } },
            ...Object.entries(IMPORT_RULES).map(([from, to]) => ({
              from: { element: { type: from } },
              allow: { to: { element: { types: { anyOf: [from, ...to] } } } },
            })),
            {
              from: { element: { type: 'access' } },
              allow: { to: { element: { type: 'tracker' } }, dependency: { kind: 'type' } },
            },
          ],
        },
      ],
    },
  },
  {
    // The pure parts run on a bare Node: no Strapi, and nothing that reaches for it.
    files: [
      'server/src/tracker/**/*.ts',
      'server/src/metainfo/**/*.ts',
      'server/src/transports/**/*.ts',
    ],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['@strapi/*', '@strapi/**'] }],
      'no-restricted-globals': ['error', 'strapi'],
    },
  },
  {
    files: ['admin/src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    languageOptions: { globals: globals.browser },
    rules: { ...reactHooks.configs.recommended.rules },
  },
  {
    files: ['tests/**/*.{ts,tsx}'],
    rules: {
      // Matchers and supertest bodies are untyped by nature; product code keeps the strict rules.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
    rules: { 'no-unused-vars': 'error' },
  },
);

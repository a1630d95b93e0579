// Lint: typescript-eslint's strictest type-checked rules, and the direction of dependencies
// (cli -> supervisor, matrix, doctor, observe -> lock, inspect -> peers -> native), which nothing else would
// keep.

import tseslint from 'typescript-eslint';

const may = (files, forbidden, message) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message }] }] },
});

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'prebuilds/', 'node_modules/'] },
  {
    files: ['src/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'only src/env.ts reads the environment' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './test/tsconfig.json' } },
    rules: {
      // `using _lock = …` holds something for a while.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      // What scripts, matchers and JSON give is looked at, not typed.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `skip` of a test is a method that needs no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      // A loop until a callback has said so.
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  { files: ['src/env.ts'], rules: { 'no-restricted-properties': 'off' } },
  may(
    ['src/{lock,inspect,peers,matrix,supervisor,doctor,observe,fleet}/**'],
    '/cli/',
    'nothing imports cli',
  ),
  may(['src/lock/**'], '/(cli|matrix|supervisor|doctor|observe|peers)/', 'lock is the core'),
  may(
    ['src/inspect/**'],
    '/(cli|matrix|supervisor|doctor|observe)/',
    'inspect knows only lock and peers',
  ),
  may(['src/doctor/**'], '/(cli|matrix|supervisor|peers)/', 'the doctor knows only the core'),
  may(['src/observe/**'], '/(cli|matrix|supervisor|doctor|peers)/', 'observe knows only the core'),
  may(
    ['src/peers/**'],
    '/(cli|matrix|supervisor|doctor|observe|lock|inspect)/',
    'peers know nothing of ours but the shape of a lock program',
  ),
  may(
    ['src/supervisor/**'],
    '/(cli|matrix|doctor|peers)/',
    'the supervisor knows the core and observe',
  ),
  may(
    ['src/supervisor/page/**'],
    '^(?:node:|(?!\\.)|(?:\\.\\./)+(?:api|daemon|drivers|journal|locks|target)/)',
    'a browser has the page alone; of the supervisor it knows the types',
  ),
  may(
    ['src/fleet/**'],
    '/(cli|matrix|supervisor|doctor|observe|peers)/',
    'the fleet server knows only the core',
  ),
  may(['src/matrix/**'], '/(cli|supervisor|observe)/', 'the matrix is below the cli'),
);

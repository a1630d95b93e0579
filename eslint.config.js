// Lint: typescript-eslint's strictest type-checked rules, and the direction of dependencies
// (cli -> supervisor, matrix, observe -> lock, inspect, peers -> native), which nothing else would keep.

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
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'only src/env.ts reads the environment' },
      ],
    },
  },
  { files: ['src/env.ts'], rules: { 'no-restricted-properties': 'off' } },
  may(['src/{lock,inspect,observe,peers,matrix,supervisor}/**'], '/cli/', 'nothing imports cli'),
  may(
    ['src/{lock,inspect}/**'],
    '/(cli|matrix|supervisor|peers|observe)/',
    'lock and inspect are the core',
  ),
  may(['src/observe/**'], '/(cli|matrix|supervisor|peers)/', 'observe knows only the core'),
  may(['src/peers/**'], '/(cli|matrix|supervisor)/', 'peers know only the core'),
  may(['src/matrix/**'], '/(cli|supervisor|observe)/', 'the matrix is below the cli'),
);

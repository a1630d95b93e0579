// The supervisor's page as a browser gets it: one script, one style sheet, the markup, the icon.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const HEAD = '/* lockbridge, Apache-2.0: the sources are in src/supervisor/page/ */\n';

/** Bundles main.ts of `from` into `to`; the style sheets go one after the other, by name. */
export async function bundlePage(from, to) {
  mkdirSync(to, { recursive: true });
  const bundle = await rolldown({ input: join(from, 'main.ts'), platform: 'browser' });
  await bundle.write({ file: join(to, 'page.js'), format: 'es', comments: false, banner: HEAD });
  const styles = readdirSync(join(from, 'style')).sort();
  const css = styles.map((name) => readFileSync(join(from, 'style', name), 'utf8'));
  writeFileSync(join(to, 'page.css'), HEAD + css.join('\n'));
  for (const name of ['index.html', 'icon.svg']) copyFileSync(join(from, name), join(to, name));
}

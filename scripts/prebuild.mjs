// Puts the built addon where the loader of the published package looks: prebuilds/<machine>/.

import { copyFileSync, mkdirSync } from 'node:fs';

const { header } = process.report.getReport();
const libc = header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
const dir = `prebuilds/${process.platform}-${process.arch}-${libc}`;
mkdirSync(dir, { recursive: true });
copyFileSync('build/Release/lockbridge.node', `${dir}/lockbridge.node`);
console.log(`${dir}/lockbridge.node`);

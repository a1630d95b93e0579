// One binary for one machine. What is compiled is what binding.gyp lists.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { librarySources } from './library.mjs';

const require = createRequire(import.meta.url);

const ALL = [
  ...['-Os', '-g0', '-fno-rtti', '-fno-exceptions', '-fvisibility=hidden'],
  ...['-ffunction-sections', '-fdata-sections', '-D_GNU_SOURCE', '-D_FILE_OFFSET_BITS=64'],
];
const LINK = ['-Os', '-nostdlib++', '-s', '-Wl,--gc-sections', '-Wl,-z,now', '-Wl,-z,relro'];
// Names that are private to a file, and that another file has as well, keep it out of the one unit.
const APART = ['footprint_python', 'json_parse', 'mounts', 'report'].map(
  (name) => `native/run/${name}.cc`,
);
const ABORT = 'native/run/abort.cc';

function sourcesOf(root, target) {
  const { targets } = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8'));
  return targets.find((one) => one.target_name === target).sources;
}

// In one unit the headers of the C++ library are read once, which is most of what compiling costs.
function units(root, dir, sources) {
  const joined = sources.filter((file) => !APART.includes(file));
  const unit = join(dir, 'unit.cc');
  writeFileSync(unit, joined.map((file) => `#include "${join(root, file)}"\n`).join(''));
  const apart = sources.filter((file) => APART.includes(file));
  return [unit, ...apart.map((file) => join(root, file))];
}

async function build(zig, root, { zig: target, flags = [] }, sources, own, link, to) {
  const dir = mkdtempSync(join(tmpdir(), 'lockbridge-prebuild-'));
  try {
    const objects = [];
    const compile = async (file, ...more) => {
      const object = join(dir, `${objects.length}.o`);
      objects.push(object);
      await zig.run(
        'c++',
        '-target',
        target,
        ...flags,
        ...ALL,
        ...own,
        ...more,
        '-c',
        file,
        '-o',
        object,
      );
    };
    for (const file of units(root, dir, sources)) await compile(file, '-std=c++17');
    const library = librarySources(join(zig.dir, 'lib'));
    for (const file of library.sources) await compile(file, ...library.flags);
    mkdirSync(dirname(to), { recursive: true });
    await zig.run('c++', '-target', target, ...flags, ...LINK, ...link(dir), ...objects, '-o', to);
  } finally {
    rmSync(dir, { recursive: true });
  }
  return statSync(to).size;
}

/** Builds the addon for one entry of ADDONS; its size in bytes. */
export function buildAddon(zig, root, machine, to) {
  const own = [
    ...['-fPIC', '-DNAPI_VERSION=9', '-DNAPI_DISABLE_CPP_EXCEPTIONS'],
    '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
    `-I${dirname(require.resolve('node-addon-api'))}`,
    `-I${require('node-api-headers').include_dir}`,
  ];
  // Node looks these two up; operator new and the like stay within.
  const link = (dir) => {
    const script = join(dir, 'exports');
    writeFileSync(script, '{ global: napi_register_module_v1; node_api_module_*; local: *; };\n');
    return ['-shared', `-Wl,--version-script=${script}`, '-lm'];
  };
  const sources = [...sourcesOf(root, 'lockbridge'), ABORT];
  return build(zig, root, machine, sources, own, link, to);
}

/** Builds lockbridge-run for one entry of PROGRAMS; its size in bytes. */
export function buildProgram(zig, root, machine, to) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const own = [
    ...['-fno-threadsafe-statics', '-fno-asynchronous-unwind-tables'],
    `-DLOCKBRIDGE_VERSION="${version}"`,
  ];
  return build(zig, root, machine, sourcesOf(root, 'lockbridge-run'), own, () => ['-static'], to);
}

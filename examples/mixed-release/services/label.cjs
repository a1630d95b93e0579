// A label printer, in Node: npm's `lockfile` around each label.

const { appendFileSync, existsSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const lockfile = require(process.env.NPM_LOCKFILE);

const path = process.env.BALENA_APP_LOCK_PATH;
const pending = join(dirname(path), 'updates.pending');
let inside = false;

function say(text) {
  const time = new Date().toISOString().slice(11, 23);
  const line = `${time} label (${process.env.RELEASE}): ${text}\n`;
  appendFileSync(join(process.env.LOG_DIR, 'label.log'), line);
}

process.on('SIGTERM', () => {
  say(inside ? 'CUT in the middle of a label' : 'stopped');
  process.exit(inside ? 1 : 0);
});

async function main() {
  say('started');
  for (;;) {
    if (!existsSync(pending)) {
      try {
        lockfile.lockSync(path);
        inside = true;
        say('label begins');
        await pause(500 + Math.random() * 1000);
        say('label ends');
        inside = false;
        lockfile.unlockSync(path);
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
    }
    await pause(200 + Math.random() * 600);
  }
}

main();

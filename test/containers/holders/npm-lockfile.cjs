// Node, npm's lockfile: an empty file is the lock; its descriptor is closed at once.

const lockfile = require('/lockbridge/node_modules/lockfile');

const path = process.argv[2];
lockfile.lockSync(path);
console.log('held');
process.stdin.on('end', () => lockfile.unlockSync(path)).resume();

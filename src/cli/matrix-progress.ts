// Progress of a matrix run on stderr: a bar on a terminal, one line every tenth of it elsewhere.

import { SingleBar } from 'cli-progress';

export interface Progress {
  readonly update: (done: number, total: number) => void;
  readonly stop: () => void;
}

function bar(): Progress {
  const shown = new SingleBar({
    format: 'matrix {bar} {percentage}%, {value} of {total}',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  let started = false;
  return {
    update: (done, total) => {
      if (!started) shown.start(total, 0);
      started = true;
      shown.update(done);
    },
    stop: () => {
      shown.stop();
    },
  };
}

function lines(): Progress {
  let tenth = 0;
  return {
    update: (done, total) => {
      const now = Math.floor((done * 10) / total);
      if (now === tenth) return;
      tenth = now;
      process.stderr.write(`matrix: ${String(now * 10)}%, ${String(done)} of ${String(total)}\n`);
    },
    stop: () => undefined,
  };
}

export function progress(): Progress {
  return process.stderr.isTTY ? bar() : lines();
}

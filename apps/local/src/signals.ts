/** How long after the first signal its echo may come: a terminal's Ctrl-C reaches us directly and through npm. */
const ECHO_MS = 300;
const PARENT_POLL_MS = 500;
/** 128 + SIGINT, as shells count. */
const EXIT_INTERRUPTED = 130;

type Stop = (why: string) => Promise<void>;

/**
 * The first SIGINT, SIGTERM or SIGHUP stops gracefully. A second one ends this process at once, and the warden kills
 * what is left.
 */
export function onStopSignal(stop: Stop): void {
  let firstAtMs = 0;
  const handle = (signal: NodeJS.Signals): void => {
    if (firstAtMs === 0) {
      firstAtMs = performance.now();
      endWith(stop, signal === 'SIGINT' ? 'Ctrl-C.' : `${signal} received.`);
      return;
    }
    if (performance.now() - firstAtMs > ECHO_MS) process.exit(EXIT_INTERRUPTED);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
}

/**
 * Stops when the process that started us is gone, even if it was killed without a word.
 * @param parent its pid as it told us, since it may be gone before we look; undefined to outlive it
 */
export function followParent(parent: string | undefined, stop: Stop): void {
  if (parent === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === Number(parent)) return;
    clearInterval(timer);
    endWith(stop, 'The program that started Tulle is gone.');
  }, PARENT_POLL_MS);
}

function endWith(stop: Stop, why: string): void {
  stop(why).catch((reason: unknown) => {
    process.stderr.write(`Not everything stopped cleanly: ${String(reason)}\n`);
    process.exit(1);
  });
}

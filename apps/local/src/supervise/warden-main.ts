/**
 * The warden: a process of its own that outlives the runtime by a moment. It reads `+PID` and `-PID` lines (process
 * groups) from stdin; when stdin ends, because the runtime ended in whatever way, it kills the groups that are left
 * and ends. Nothing else ends it but SIGKILL, after which the runtime starts another one.
 */
const groups = new Set<number>();
let rest = '';

process.stdin.setEncoding('latin1');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const pid = Number(line.slice(1));
    if (!Number.isInteger(pid) || pid <= 1) continue;
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  }
});
process.stdin.on('close', () => {
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // That group has ended by itself.
    }
  }
  process.exit(0);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const HIDDEN = new Set(['level', 'time', 'name', 'msg']);

/** A JSON log line as a person reads it: `2026-11-02T08:00:00.000Z INFO proxy: certified validForMs=86400000`. */
export function toPlainLine(json: string): string {
  const entry = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const level = String(entry['level']).toUpperCase().padEnd(5);
  const fields = Object.entries(entry)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => ` ${key}=${formatValue(value)}`);
  const message = typeof entry['msg'] === 'string' ? entry['msg'] : '';
  return `${String(entry['time'])} ${level} ${String(entry['name'])}: ${oneLine(message)}${fields.join('')}\n`;
}

function formatValue(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

/** A line break in a message would let whoever caused it forge the next line. */
function oneLine(text: string): string {
  return text.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

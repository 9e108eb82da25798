/** Label names to values; the order given is the order written. */
export type Labels = Readonly<Record<string, string>>;

/**
 * `a="x",b="y"` with values escaped as the Prometheus text format wants. Characters a label name cannot hold become `_`:
 * names can come from elsewhere (a pod's labels), and one bad name must not spoil the whole page.
 */
export function formatLabels(labels: Labels): string {
  let text = '';
  for (const name in labels) {
    if (text !== '') text += ',';
    text += `${labelName(name)}="${escapeValue(labels[name] as string)}"`;
  }
  return text;
}

function labelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
    ? name
    : name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
}

function escapeValue(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

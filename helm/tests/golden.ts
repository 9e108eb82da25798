const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g;

/**
 * A render as it is kept: certificates that are new each time are taken out, and what hangs on the chart's version is
 * left, because an upgrade is what a golden render is to show.
 */
export function comparable(manifests: string): string {
  return `${manifests
    .replace(PEM, (block) => (block.length > 200 ? '<pem>' : block))
    .replace(/^( {2}tls\.(?:crt|key): ).{300,}$/gm, '$1<base64>')
    .trim()}\n`;
}

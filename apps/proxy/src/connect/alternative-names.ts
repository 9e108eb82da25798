/** DNS and URI names of a certificate, from Node's text form (`DNS:a.b, URI:spiffe://…`), in their order. */
export function alternativeNames(subjectAltName: string | undefined): string[] {
  if (subjectAltName === undefined) return [];
  const names: string[] = [];
  for (const part of subjectAltName.split(', ')) {
    // Node quotes names with characters that could forge another entry (CVE-2021-44532); an identity has none.
    const match = /^(?:DNS|URI):([^"]+)$/.exec(part);
    if (match?.[1] !== undefined) names.push(match[1]);
  }
  return names;
}

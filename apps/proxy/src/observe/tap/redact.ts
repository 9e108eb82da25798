/** What stands for a value that is not shown. */
const REDACTED = '[redacted]';

/** Fields whose values let their reader act as somebody else. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'set-cookie',
  'api-key',
  'apikey',
  'x-api-key',
  'x-auth-token',
  'x-access-token',
  'x-amz-security-token',
  'x-csrf-token',
  'x-xsrf-token',
  'x-goog-api-key',
  'x-vault-token',
  'x-gitlab-token',
]);

const SECRET_PARAMETER =
  /([?&](?:access_token|id_token|refresh_token|token|api_?key|apikey|key|password|passwd|pwd|secret|client_secret|sig|signature|code)=)[^&#]*/gi;

/**
 * Fields as an observer may see them: secrets keep their name and lose their value, also in the query of `:path`. Done in
 * the proxy, so that a secret does not leave the workload's own process.
 * @param fields lower-case names.
 */
export function redact(
  fields: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  return fields.map((field) => {
    const [name, value] = field;
    if (SECRET_FIELDS.has(name)) return [name, REDACTED] as const;
    if (name === ':path' && value.includes('?')) {
      return [name, value.replace(SECRET_PARAMETER, `$1${REDACTED}`)] as const;
    }
    return field;
  });
}

const SECRET_NAMES =
  'access_?token|id_?token|refresh_?token|token|api_?key|password|passwd|pwd|secret|client_?secret|authorization|signature';
const SECRET_MEMBER = new RegExp(
  String.raw`("(?:${SECRET_NAMES})"\s*:\s*)("(?:[^"\\]|\\.)*"?|[\d.eE+-]+)`,
  'gi',
);
const SECRET_FORM_FIELD = new RegExp(`((?:^|[&?])(?:${SECRET_NAMES})=)[^&\\s]*`, 'gim');

/** A body's text as an observer may see it: members of JSON and fields of forms that are named like secrets lose their value. */
export function redactText(text: string): string {
  return text.replace(SECRET_MEMBER, `$1"${REDACTED}"`).replace(SECRET_FORM_FIELD, `$1${REDACTED}`);
}

/** RFC 7541 appendix A. */
import { HeaderField } from './header-field.ts';
import { headerName, type HeaderName, type StaticValue } from './header-name.ts';

const ENTRIES = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`.split('\n');

function parseEntry(line: string): HeaderField {
  const space = line.indexOf(' ');
  const name = space === -1 ? line : line.slice(0, space);
  const value = space === -1 ? '' : line.slice(space + 1);
  return new HeaderField(headerName(name), value, true, false);
}

function noteOnName(field: HeaderField, index: number): void {
  const name: HeaderName = field.name;
  if (name.staticIndex === 0) name.staticIndex = index;
  if (field.value === '') return;
  const value: StaticValue = { value: field.value, index };
  name.staticValues = [...(name.staticValues ?? []), value];
}

/** Entry i has index i + 1. */
export const staticTable: readonly HeaderField[] = ENTRIES.map(parseEntry);
staticTable.forEach((field, i) => noteOnName(field, i + 1));

/** Dynamic entries follow: the newest has index 62. */
export const STATIC_COUNT = 61;

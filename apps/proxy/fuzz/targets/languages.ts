/** What people and programs write: filters, path expressions, profiles, variables, metrics pages. */
import assert from 'node:assert/strict';
import {
  TulleError,
  compilePathRegex,
  compileRoutes,
  formatFilter,
  parseFilter,
  pathPatternToRegex,
  profileToYaml,
  regexToPathPattern,
  validateServiceProfile,
} from '@tulle/model';
import type { FilterTerm, ServiceProfileSpec } from '@tulle/model';
import { createTextParser, formatLabels } from '@tulle/telemetry';
import { readProxyConfig } from '../../src/config/read-proxy-config.ts';
import { bytesOf } from '../engine/fuzz-target.ts';
import type { FuzzTarget } from '../engine/fuzz-target.ts';

function withoutPlaces(terms: readonly FilterTerm[]): unknown[] {
  return terms.map(({ key, header, values, negated }) => ({ key, header, values, negated }));
}

/** A filter's text: never throws, and written out again it means the same. */
export const filterLanguage: FuzzTarget = {
  name: 'filter-language',
  words: [
    ' ',
    '-',
    ':',
    ',',
    '"',
    '\\',
    '*',
    '>=',
    'status:',
    'status:>=500',
    'grpc:unavailable',
    'latency:>100ms',
    'size:>1kb',
    'header:a:b',
    'header:a',
    'path:/a*',
    'method:GET',
    'is:failure',
  ],
  seeds: ['status:>=500 -path:/health', 'header:user-agent:"a b"', 'foo "b:c" -x'].map(bytesOf),
  check(input) {
    const text = input.toString('utf8');
    const parsed = parseFilter(text);
    if (!parsed.ok) {
      assert.ok(parsed.issues.length > 0);
      for (const { from, to } of parsed.issues) assert.ok(from >= 0 && to >= from);
      return;
    }
    const written = formatFilter(parsed.filter.terms);
    if (written.length > 2000) return;
    const again = parseFilter(written);
    assert.ok(again.ok, `cannot be read again: ${written}`);
    assert.deepEqual(withoutPlaces(again.filter.terms), withoutPlaces(parsed.filter.terms));
  },
};

/** JavaScript reads these as RE2 does; other syntax is not compared. */
const SAME_SYNTAX = /^[a-z0-9/.|()*+?-]*$/;
const PATHS = ['', '/', '/a', '/ab', '/aa/b', '/a/b/c', 'aaab', '/0', '/a.b', 'b'];
const LONG_PATH = `/${'a'.repeat(4000)}!`;
const MATCHES_WITHIN_MS = 1000;

/** A path expression: refused with a place or compiled, matches what JavaScript's does, in linear time. */
export const pathRegex: FuzzTarget = {
  name: 'path-regex',
  words: [
    '(',
    ')',
    '[^/]*',
    '{2,3}',
    '{0,}',
    '|',
    '\\d',
    '\\.',
    '(?i)',
    '(?:',
    '[[:alpha:]]',
    '\\x{41}',
    '^',
    '$',
    '.*',
    '(a*)*',
    '\\pL',
    '\\Q',
    '\\E',
  ],
  seeds: ['/a/[^/]*', '(a|b)*c', '/api/v[0-9]{1,3}/.*', '(?i)x+?', '[a-z&&b]'].map(bytesOf),
  check(input) {
    const source = input.toString('utf8');
    pathPatternToRegex(regexToPathPattern(source));
    const compiled = compilePathRegex(source);
    if (!compiled.ok) {
      assert.ok(compiled.fault.at >= 0 && compiled.fault.message !== '');
      return;
    }
    const startedAtMs = performance.now();
    compiled.test(LONG_PATH);
    const tookMs = performance.now() - startedAtMs;
    assert.ok(tookMs < MATCHES_WITHIN_MS, `took ${tookMs} ms`);
    const reference = referenceOf(source);
    if (reference === null) return;
    for (const path of PATHS) assert.equal(compiled.test(path), reference.test(path), path);
  },
};

function referenceOf(source: string): RegExp | null {
  if (source.length > 24 || !SAME_SYNTAX.test(source) || /[*+?]{2}/.test(source)) return null;
  try {
    return new RegExp(`^(?:${source})$`, 's');
  } catch {
    return null;
  }
}

const PROFILE = {
  routes: [
    {
      name: 'GET /a',
      condition: { all: [{ method: 'GET' }, { pathRegex: '/a/[^/]*' }] },
      isRetryable: true,
      timeout: '300ms',
      responseClasses: [{ condition: { status: { min: 500, max: 599 } }, isFailure: true }],
    },
  ],
  retryBudget: { retryRatio: 0.2, minRetriesPerSecond: 10, ttl: '10s' },
};

/** A profile somebody sends: faults are told, and one without faults can be shown and used. */
export const serviceProfile: FuzzTarget = {
  name: 'service-profile',
  words: [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    'null',
    '-1',
    '1e400',
    '"__proto__"',
    '"not"',
    '"any":[',
    '"all":[',
    '"status":{',
    '"min":',
    '"timeout":',
    '"1h"',
    '"name":',
    '\\u0000',
    '\\ud800',
  ],
  seeds: [bytesOf(JSON.stringify(PROFILE)), bytesOf('{"routes":[]}')],
  check(input) {
    let spec: unknown;
    try {
      spec = JSON.parse(input.toString('utf8'));
    } catch {
      return;
    }
    if (validateServiceProfile(spec).length > 0) return;
    const profile = spec as ServiceProfileSpec;
    const matcher = compileRoutes(profile);
    for (const path of PATHS) matcher('GET', path);
    assert.ok(profileToYaml({ namespace: 'n', service: 's' }, profile).endsWith('\n'));
  },
};

const ENVIRONMENT = `DESTINATION_SVC_ADDR=127.0.0.1:8086
POLICY_SVC_ADDR=localhost:8090
POLICY_WORKLOAD={"ns":"emojivoto"}
IDENTITY_SVC_ADDR=127.0.0.1:8080
IDENTITY_DIR=/run/identity
IDENTITY_TOKEN_FILE=/run/token
IDENTITY_TRUST_ANCHORS=-----BEGIN CERTIFICATE-----
IDENTITY_LOCAL_NAME=web.emojivoto.serviceaccount.identity.tulle.cluster.local
INBOUND_LISTEN_ADDR=0.0.0.0:4143
OUTBOUND_LISTEN_ADDRS=127.0.0.1:4140,[::1]:4140
INBOUND_ORIGINAL_DST_TABLE=127.0.0.1:1=10.0.0.1:80
DESTINATION_PROFILE_NETWORKS=10.0.0.0/8,fd00::/8
DESTINATION_PROFILE_SUFFIXES=svc.cluster.local.
INBOUND_DEFAULT_POLICY=all-unauthenticated
LOG=warn,linkerd=info
LOG_FORMAT=json
SHUTDOWN_GRACE_PERIOD=5s
INBOUND_CONNECT_TIMEOUT=300ms
INBOUND_ACCESS_LOG=apache`;

/** The variables a proxy is started with: read, or refused with every fault named. */
export const proxyVariables: FuzzTarget = {
  name: 'proxy-variables',
  words: [
    '\n',
    '=',
    ',',
    ':',
    '[',
    ']',
    '/',
    '0',
    '99999',
    '1d',
    'ms',
    '::',
    '0.0.0.0',
    '/33',
    '-1',
    ...ENVIRONMENT.split('\n').map((line) => `\n${line.split('=')[0]}=`),
  ],
  seeds: [bytesOf(ENVIRONMENT)],
  check(input) {
    const env: Record<string, string> = {};
    for (const line of input.toString('latin1').split('\n')) {
      const [name = '', ...value] = line.split('=');
      env[`LINKERD2_PROXY_${name}`] = value.join('=');
    }
    try {
      readProxyConfig(env);
    } catch (error) {
      assert.ok(error instanceof TulleError, String(error));
      assert.equal(error.code, 'invalid_argument');
      assert.ok(error.issues.length > 0);
      for (const { path } of error.issues) assert.ok(path.startsWith('LINKERD2_PROXY_'), path);
    }
  },
};

/** A metrics page: the second reading, from memory, gives what the first gave, and so does the page written again. */
export const metricsPage: FuzzTarget = {
  name: 'metrics-page',
  words: [
    '\n',
    '{',
    '}',
    '="',
    '",',
    '\\"',
    '\\n',
    '\\',
    ' ',
    '\t',
    ' NaN',
    ' +Inf',
    ' 1e3',
    ' 1 1700000000',
    '# TYPE a counter\n',
    '# EOF\n',
    ' # {trace="x"} 1',
    '__proto__',
    '\r\n',
    'a{b="c"} 1\n',
  ],
  seeds: [
    '# TYPE a counter\na{b="c",d="e\\"f"} 1\na 2\n',
    'x_bucket{le="+Inf"} 3 # {t="1"} 2\n',
  ].map(bytesOf),
  check(input) {
    const text = input.toString('utf8');
    const parser = createTextParser();
    const read = (page: string): { samples: string[]; written: string; malformed: number } => {
      const samples: string[] = [];
      let written = '';
      const { malformed } = parser.parse(page, (series, value) => {
        samples.push(JSON.stringify([series.name, series.labels, String(value)]));
        const labels = formatLabels(series.labels);
        written += `${series.name}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
      });
      return { samples, written, malformed };
    };
    const first = read(text);
    assert.deepEqual(read(text), first);
    const again = read(first.written.replaceAll('Infinity', 'Inf'));
    assert.deepEqual(again.samples, first.samples);
    assert.equal(again.malformed, 0);
  },
};

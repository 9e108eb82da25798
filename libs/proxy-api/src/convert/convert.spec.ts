import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromDuration, toDuration } from './duration.ts';
import { fromHeaders, fromHttpMethod, toHeaders, toHttpMethod } from './http-names.ts';
import {
  formatHostPort,
  fromIpAddress,
  fromTcpAddress,
  parseHostPort,
  toIpAddress,
  toTcpAddress,
} from './ip-address.ts';

test('an IPv4 address is its number, most significant octet first', () => {
  assert.deepEqual(toIpAddress('10.0.0.1')?.ip, { case: 'ipv4', value: 0x0a000001 });
  assert.equal(fromIpAddress(toIpAddress('255.254.0.1') ?? undefined), '255.254.0.1');
});

test('IPv6 addresses survive both ways in shortest form', () => {
  for (const text of ['::', '::1', 'fd00::1:2', '2001:db8:1:2:3:4:5:6', 'fe80::']) {
    assert.equal(fromIpAddress(toIpAddress(text) ?? undefined), text);
  }
  assert.equal(fromIpAddress(toIpAddress('::ffff:10.0.0.1') ?? undefined), '::ffff:10.0.0.1');
});

test('what is no address gives null', () => {
  for (const text of ['', 'name', '1.2.3', '1.2.3.256', '[::1]', 'fe80::1%eth0']) {
    assert.equal(toIpAddress(text), null, text);
  }
  assert.equal(fromIpAddress(undefined), null);
  assert.equal(toTcpAddress('web', 80), null);
  assert.equal(fromTcpAddress(undefined), null);
});

test('host and port are taken apart and put together', () => {
  for (const text of ['10.0.0.1:80', '[::1]:443', 'web-svc.emojivoto.svc.cluster.local:8080']) {
    const parsed = parseHostPort(text);
    assert.ok(parsed !== null, text);
    assert.equal(formatHostPort(parsed.host, parsed.port), text);
  }
  for (const text of [
    '',
    ':80',
    'a',
    'a:',
    'a:0',
    'a:65536',
    '::1:80',
    '[a]:1',
    'a b:1',
    'a/b:1',
  ]) {
    assert.equal(parseHostPort(text), null, text);
  }
});

test('methods known and unknown keep their name', () => {
  for (const name of ['GET', 'TRACE', 'PURGE', 'get']) {
    assert.equal(fromHttpMethod(toHttpMethod(name)), name);
  }
});

test('header values keep their octets, durations their fractions', () => {
  assert.deepEqual(fromHeaders(toHeaders([['x', 'h\u00e9']])), [['x', 'h\u00e9']]);
  assert.equal(fromDuration(toDuration(1500.25)), 1500.25);
});

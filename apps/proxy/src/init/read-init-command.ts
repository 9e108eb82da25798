import { isIP } from 'node:net';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { TulleError, type Issue } from '@tulle/model';
import { parseHostPort } from '@tulle/proxy-api';
import { LOG_LEVELS, type LogFormat, type LogLevel } from '@tulle/telemetry';
import type { Address } from '../stack/connection.ts';
import type {
  AwaitCommand,
  InitCommand,
  IptablesMode,
  RedirectCommand,
  ValidateCommand,
} from './init-command.ts';
import { parsePortRanges, type PortRange } from './port-ranges.ts';

/** What `--help` prints. */
export const INIT_HELP = `What runs before the proxy in a pod. Flags are those of Linkerd's proxy-init, network-validator and await.

redirect: sends the pod's TCP connections to the proxy (iptables, IPv4 and IPv6); run again, it replaces what it did
  --incoming-proxy-port 4143  --outgoing-proxy-port 4140  --proxy-uid UID  --proxy-gid GID
  --ports-to-redirect LIST    inbound ports to redirect; default: all
  --inbound-ports-to-ignore LIST  --outbound-ports-to-ignore LIST   ports and ranges: 25,3000-3010
  --subnets-to-ignore LIST    inbound connections from these networks are left alone
  --iptables-mode nft|legacy|plain   tried first; default: nft
  --firewall-bin-path PATH  --firewall-save-bin-path PATH   these programs, no others (IPv4)
  --ipv6 true|false  --simulate  --netns PATH  --timeout-close-wait-secs SECONDS
validate: checks that a CNI plugin redirects; exit status 95 when it does not
  --connect-addr 1.1.1.1:20001  --listen-addr 0.0.0.0:4140  --timeout 10s
await: waits until the proxy is ready
  --port 4191  --timeout 2m
all: --log-level ${LOG_LEVELS.join('|')}  --log-format plain|json
`;

const STRING = { type: 'string' } as const;
const LOG_OPTIONS = {
  'log-level': STRING,
  'log-format': STRING,
  help: { type: 'boolean' },
} as const;
const OPTIONS = {
  redirect: {
    ...LOG_OPTIONS,
    'incoming-proxy-port': STRING,
    'outgoing-proxy-port': STRING,
    'proxy-uid': STRING,
    'proxy-gid': STRING,
    'ports-to-redirect': STRING,
    'inbound-ports-to-ignore': STRING,
    'outbound-ports-to-ignore': STRING,
    'subnets-to-ignore': STRING,
    'iptables-mode': STRING,
    'firewall-bin-path': STRING,
    'firewall-save-bin-path': STRING,
    ipv6: STRING,
    simulate: { type: 'boolean' },
    netns: STRING,
    'timeout-close-wait-secs': STRING,
  },
  validate: { ...LOG_OPTIONS, 'connect-addr': STRING, 'listen-addr': STRING, timeout: STRING },
  await: { ...LOG_OPTIONS, port: STRING, timeout: STRING },
} as const;

type Kind = keyof typeof OPTIONS;
type Given = Readonly<Record<string, string | boolean | undefined>>;

/** @throws TulleError `invalid_argument` with every fault. */
export function readInitCommand(args: readonly string[]): InitCommand {
  const [word = '', ...rest] = args;
  if (word === '--help' || word === 'help') return { kind: 'help' };
  if (!(word in OPTIONS)) {
    throw new TulleError(
      'invalid_argument',
      `"${word}" is no command; it takes redirect, validate, await, or --help.`,
    );
  }
  const kind = word as Kind;
  const reader = new FlagReader(parse(kind, rest));
  if (reader.has('help')) return { kind: 'help' };
  const command = READERS[kind](reader);
  if (reader.issues.length === 0) return command;
  throw new TulleError('invalid_argument', `The flags of ${kind} are not as they should be:`, {
    issues: reader.issues,
  });
}

function parse(kind: Kind, args: readonly string[]): Given {
  try {
    const options: ParseArgsOptionsConfig = OPTIONS[kind];
    return parseArgs({ args: [...args], options }).values as Given;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TulleError('invalid_argument', `${message} Run it with --help.`, { cause });
  }
}

const READERS: Readonly<Record<Kind, (reader: FlagReader) => InitCommand>> = {
  redirect: readRedirect,
  validate: readValidate,
  await: readAwait,
};

function readRedirect(reader: FlagReader): RedirectCommand {
  const iptables = reader.text('firewall-bin-path');
  const save = reader.text('firewall-save-bin-path');
  if ((iptables === null) !== (save === null)) {
    reader.fault('firewall-bin-path', 'and --firewall-save-bin-path are given together');
  }
  return {
    kind: 'redirect',
    ...readLog(reader),
    inboundPort: reader.integer('incoming-proxy-port', 4143, 1, 65_535),
    outboundPort: reader.integer('outgoing-proxy-port', 4140, 1, 65_535),
    proxyUid: reader.integer('proxy-uid', 2102, 1),
    proxyGid: reader.text('proxy-gid') === null ? null : reader.integer('proxy-gid', 0, 1),
    redirectPorts: reader.ports('ports-to-redirect'),
    skipInbound: reader.ports('inbound-ports-to-ignore'),
    skipOutbound: reader.ports('outbound-ports-to-ignore'),
    skipSubnets: reader.subnets('subnets-to-ignore'),
    mode: reader.oneOf<IptablesMode>('iptables-mode', ['nft', 'legacy', 'plain'], 'nft'),
    programs: iptables === null || save === null ? null : { iptables, save },
    ipv6: reader.oneOf('ipv6', ['true', 'false'], 'true') === 'true',
    simulate: reader.has('simulate'),
    netns: reader.text('netns'),
    closeWaitSeconds: reader.integer('timeout-close-wait-secs', 0, 0),
  };
}

function readValidate(reader: FlagReader): ValidateCommand {
  return {
    kind: 'validate',
    ...readLog(reader),
    connect: reader.address('connect-addr', '1.1.1.1:20001'),
    listen: reader.address('listen-addr', '0.0.0.0:4140'),
    timeoutMs: reader.durationMs('timeout', 10_000),
  };
}

function readAwait(reader: FlagReader): AwaitCommand {
  return {
    kind: 'await',
    ...readLog(reader),
    port: reader.integer('port', 4191, 1, 65_535),
    timeoutMs: reader.durationMs('timeout', 120_000),
  };
}

function readLog(reader: FlagReader): { log: { level: LogLevel; format: LogFormat } } {
  return {
    log: {
      level: reader.oneOf<LogLevel>('log-level', LOG_LEVELS, 'info'),
      format: reader.oneOf<LogFormat>('log-format', ['plain', 'json'], 'plain'),
    },
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads flags; a fault is noted and a stand-in given, so that all can be told together. */
class FlagReader {
  readonly issues: Issue[] = [];
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  fault(name: string, message: string): void {
    this.issues.push({ path: `--${name}`, message });
  }

  has(name: string): boolean {
    return this.#given[name] === true;
  }

  /** Null where it was not given, or is empty. */
  text(name: string): string | null {
    const value = this.#given[name];
    return typeof value === 'string' && value !== '' ? value : null;
  }

  integer(name: string, otherwise: number, min: number, max = 4_294_967_294): number {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    this.fault(name, `is "${text}"; it takes a whole number from ${min} to ${max}`);
    return otherwise;
  }

  oneOf<T extends string>(name: string, values: readonly T[], otherwise: T): T {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = values.find((each) => each === text);
    if (value === undefined) this.fault(name, `is "${text}"; it takes ${values.join(', ')}`);
    return value ?? otherwise;
  }

  ports(name: string): PortRange[] {
    const ranges = parsePortRanges(this.text(name) ?? '');
    if (ranges.includes(null)) {
      this.fault(name, `is "${this.text(name)}"; it takes ports and ranges such as 25,3000-3010`);
    }
    return ranges.flatMap((range) => range ?? []);
  }

  subnets(name: string): string[] {
    const parts = (this.text(name) ?? '').split(',').map((part) => part.trim());
    const subnets = parts.filter((part) => part !== '');
    const wrong = subnets.find((subnet) => !isSubnet(subnet));
    if (wrong !== undefined) this.fault(name, `holds "${wrong}", which is no network`);
    return subnets;
  }

  address(name: string, otherwise: string): Address {
    const text = this.text(name) ?? otherwise;
    const address = parseHostPort(text);
    if (address === null)
      this.fault(name, `is "${text}"; it takes an address such as 1.1.1.1:20001`);
    return address ?? { host: '127.0.0.1', port: 1 };
  }

  durationMs(name: string, otherwiseMs: number): number {
    const text = this.text(name);
    if (text === null) return otherwiseMs;
    const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
    if (match === null) this.fault(name, `is "${text}"; it takes a duration such as 10s or 2m`);
    return match === null ? otherwiseMs : Number(match[1]) * (UNIT_MS[match[2] ?? 's'] ?? 1);
  }
}

function isSubnet(text: string): boolean {
  const [address = '', prefix = '0', ...more] = text.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  return isIP(address) !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix) && +prefix <= bits;
}

import { BlockList, isIP } from 'node:net';
import { TulleError } from '@tulle/model';

/** @throws TulleError `invalid_argument` for what is no CIDR */
export function blockListOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits = ''] = cidr.split('/');
    const family = isIP(address);
    const prefix = bits === '' ? (family === 6 ? 128 : 32) : Number(bits);
    const isRange = Number.isInteger(prefix) && prefix >= 0 && prefix <= (family === 6 ? 128 : 32);
    if (family === 0 || !isRange) {
      throw new TulleError('invalid_argument', `"${cidr}" is no network like 10.0.0.0/8.`);
    }
    list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

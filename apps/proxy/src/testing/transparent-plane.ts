/** A control plane as a process, for network namespaces: `transparent-plane.ts HOST SERVICES`, the services as JSON. */
import { startControlPlane } from './control-plane.ts';
import type { PlannedService } from './control-plane.ts';
import { testAuthority } from './certified.ts';

/** What it prints when it listens, as one line of JSON. */
export interface PlaneStarted {
  readonly port: number;
  readonly trustAnchorsPem: string;
}

const [host = '', services = '[]'] = process.argv.slice(2);
const authority = await testAuthority();
const planned = JSON.parse(services) as PlannedService[];
const { port } = await startControlPlane(authority, planned, 0, { host });
const started: PlaneStarted = { port, trustAnchorsPem: authority.trustAnchorsPem };
console.log(JSON.stringify(started));

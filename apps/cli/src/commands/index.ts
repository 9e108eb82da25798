import type { CommandSpec } from '../command/command-spec.ts';
import { CHECK } from './check.ts';
import { DASHBOARD } from './dashboard.ts';
import { DIAGNOSTICS_HEARTBEAT } from './diagnostics-heartbeat.ts';
import { EDGES } from './edges.ts';
import { INJECT, UNINJECT } from './inject.ts';
import { INSTALL } from './install.ts';
import { PROFILE_GET, PROFILE_SET, PROFILE_VALIDATE } from './profile.ts';
import { ROUTES } from './routes.ts';
import { STAT } from './stat.ts';
import { TAP } from './tap.ts';
import { UNINSTALL } from './uninstall.ts';
import { VERSION } from './version.ts';
import { WHY } from './why.ts';

/** Every command, in the order the help lists them. */
export const COMMANDS: readonly CommandSpec[] = [
  STAT,
  TAP,
  ROUTES,
  EDGES,
  WHY,
  INJECT,
  UNINJECT,
  PROFILE_GET,
  PROFILE_SET,
  PROFILE_VALIDATE,
  INSTALL,
  CHECK,
  DASHBOARD,
  UNINSTALL,
  DIAGNOSTICS_HEARTBEAT,
  VERSION,
];

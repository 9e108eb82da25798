import { createLogger } from '@tulle/telemetry';

/** A logger that writes nothing. */
export const silentLog = createLogger({ name: 'test', level: 'off', format: 'plain' });

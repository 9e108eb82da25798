/** The process's shared timers. */
import { TimerWheel } from './timer-wheel.ts';

const now = (): number => performance.now();

/** Timeouts of exchanges: 10 ms precision. */
export const exchangeWheel = new TimerWheel(10, now);
/** Idle and slow connections: 250 ms precision. */
export const connectionWheel = new TimerWheel(250, now);

import { Gauge, type Registry } from 'prom-client';
import type { Platform } from './platform.ts';

export function registerPlatform(registry: Registry, platform: Pick<Platform, 'connected'>): void {
  const connected = new Gauge({
    name: 'platform_connected',
    help: '1 while the platform that runs the workloads answers.',
    registers: [],
    collect() {
      this.set(platform.connected() ? 1 : 0);
    },
  });
  registry.registerMetric(connected);
}

import { keyOf, type WorkloadRef } from '@tulle/model';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Inject } from '../mesh-file/mesh-spec.ts';
import { replaceFile } from './state-folder.ts';

const SETTING = z.enum(['enabled', 'disabled']);
/** `file` is what the mesh file said when a person chose otherwise. */
const OVERRIDES = z.record(z.string(), z.object({ inject: SETTING, file: SETTING }));

/** Which workloads a person put into the mesh or took out of it, kept in `inject.json` over restarts. */
export class InjectOverrides {
  readonly #path: string;
  readonly #overrides: z.infer<typeof OVERRIDES>;

  /** A file that cannot be read counts as empty: the mesh file then says what holds. */
  constructor(stateRoot: string) {
    this.#path = join(stateRoot, 'inject.json');
    this.#overrides = this.#read();
  }

  /** The setting in force. Who edits the mesh file afterwards means it: the file then wins. */
  inForce(workload: WorkloadRef, file: Inject): Inject {
    const override = this.#overrides[keyOf(workload)];
    return override === undefined || override.file !== file ? file : override.inject;
  }

  save(workload: WorkloadRef, inject: Inject, file: Inject): void {
    if (inject === file) delete this.#overrides[keyOf(workload)];
    else this.#overrides[keyOf(workload)] = { inject, file };
    replaceFile(this.#path, `${JSON.stringify(this.#overrides, null, 1)}\n`);
  }

  #read(): z.infer<typeof OVERRIDES> {
    try {
      return OVERRIDES.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      return {};
    }
  }
}

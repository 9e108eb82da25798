// Writes mesh.schema.json at the root of the repository: `npm run generate`.
import { writeFileSync } from 'node:fs';
import { meshJsonSchema } from './schema.ts';

const path = new URL('../../../../mesh.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(meshJsonSchema(), null, 2)}\n`);

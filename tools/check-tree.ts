import { fileURLToPath } from 'node:url';
import { findViolations } from './find-violations.js';
import { measureHouse } from './house-measures.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const violations = [...(await findViolations(root)), ...(await measureHouse(root)).excesses];
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
console.log('check-tree: layers, cycles and sizes are fine');

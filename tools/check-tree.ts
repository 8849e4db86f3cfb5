import { fileURLToPath } from 'node:url';
import { findViolations } from './find-violations.js';

const violations = await findViolations(fileURLToPath(new URL('..', import.meta.url)));
for (const violation of violations) console.error(violation);
if (violations.length > 0) process.exit(1);
console.log('check-tree: layers and cycles are fine');

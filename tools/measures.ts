import { fileURLToPath } from 'node:url';
import { measureHouse } from './house-measures.js';

const { rooms, excesses, hasCycle } = await measureHouse(fileURLToPath(new URL('..', import.meta.url)));
console.log(`${'room'.padEnd(22)} files  median  longest`);
for (const { room, files, median, longest } of rooms)
  console.log(
    `${room.padEnd(22)} ${String(files).padStart(5)} ${String(median).padStart(7)} ${String(longest).padStart(8)}`,
  );
console.log(`import cycles: ${hasCycle ? 'yes' : 'none'}`);
console.log(
  excesses.length === 0 ? 'beyond the limits: nothing' : `beyond the limits:\n  ${excesses.join('\n  ')}`,
);

import { writeFileDurably } from '../../../plugin/server-hooks/disk/write-file-durably.js';

// Writes so many bytes to the path, and says `written` or the error's code.
// Without a handler the signal ends the process before `write` can fail.
process.on('SIGXFSZ', () => undefined);
const [path = '', bytes] = process.argv.slice(2);
writeFileDurably(path, 'x'.repeat(Number(bytes))).then(
  () => console.log('written'),
  (error) => console.log(error.code),
);

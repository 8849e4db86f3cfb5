// The process of write-file-limited.ts.
// Without a handler the signal ends the process before `write` can fail.
process.on('SIGXFSZ', () => undefined);
const [url = '', name = '', path = '', more = '[]'] = process.argv.slice(2);
const module = await import(url);
module[name](path, 'x'.repeat(100_000), ...JSON.parse(more)).then(
  () => console.log('written'),
  (error: NodeJS.ErrnoException) => console.log(error.code),
);

import type { Duplex } from 'node:stream';

type Done = (error?: Error | null) => void;

/**
 * Reads a socket to its end after a write has failed, and only then destroys it. Node destroys it immediately and loses
 * the peer's last output: an engine rejects an upload with an answer and closes. Writes in the meantime are
 * dropped.
 */
export function keepReading<T extends Duplex>(socket: T): T {
  let hasFailed = false;
  const lenient =
    (done: Done): Done =>
    (error) => {
      if (!error || socket.readableEnded || socket.destroyed) {
        done(error);
        return;
      }
      if (!hasFailed) socket.once('end', () => socket.destroy(error));
      hasFailed = true;
      done();
    };
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const final = socket._final.bind(socket);
  socket._write = (chunk, encoding, done) => (hasFailed ? done() : write(chunk, encoding, lenient(done)));
  if (writev) socket._writev = (chunks, done) => (hasFailed ? done() : writev(chunks, lenient(done)));
  socket._final = (done) => (hasFailed ? done() : final(lenient(done)));
  return socket;
}

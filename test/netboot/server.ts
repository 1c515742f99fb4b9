import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';

/**
 * The plainest web server, to show that any will do: node --import tsx server.ts FOLDER ADDRESS PORT. Each request is
 * a line on standard output: the client's address, the path, and how many bytes were sent or the status.
 */
const [folder = '', address = '', port = ''] = process.argv.slice(2);

const server = createServer((request, response) => {
  const client = request.socket.remoteAddress ?? '';
  const path = decodeURIComponent((request.url ?? '/').replace(/\?.*$/, ''));
  const file = join(folder, normalize(path));
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    console.log(`${client} ${request.url} 404`);
    response.writeHead(404).end();
    return;
  }
  // GRUB reads the header only when it is spelt like this.
  response.setHeader('Content-Length', size);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  createReadStream(file).pipe(response);
  response.on('close', () => console.log(`${client} ${request.url} ${size}`));
});
server.listen(Number(port), address, () => console.log('listening'));

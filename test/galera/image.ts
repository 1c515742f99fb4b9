import { join } from 'node:path';
import { cached } from '../images/cache.ts';
import { bootstrap, bootstrapOptions } from '../images/debian.ts';

const packages = [
  ...['curl', 'galera-4', 'iproute2', 'mariadb-backup', 'mariadb-client', 'mariadb-server', 'openssl'],
  ...['procps', 'python3', 'socat'],
];

/** A folder with a Debian 12 that has MariaDB with Galera. Built once, read by all tests. */
export async function mariadbRoot(): Promise<string> {
  const image = await cached('mariadb-bookworm', [packages, bootstrapOptions], (building) =>
    bootstrap(join(building, 'root'), 'bookworm', packages, [], join(building, 'build.log')),
  );
  return join(image, 'root');
}

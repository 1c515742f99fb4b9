import type { LabHost } from '../lab/lab.ts';

/** Asks the database of one node, past the load balancer, as root on its socket. Rows of columns. */
export async function sql(host: LabHost, statements: string, timeout = 20): Promise<string[][]> {
  const argv = ['mariadb', '--batch', '--skip-column-names'];
  const { status, stdout, stderr } = await host.exec(argv, { input: statements, timeout });
  if (status !== 0) throw new Error(`${host.name}: ${stderr.trim() || `status ${status}`}`);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'));
}

export interface Standing {
  /** Its wsrep_cluster_status and the like; empty where there is no answer. */
  cluster: string;
  state: string;
  history: string;
  size: number;
}

export async function standing(host: LabHost): Promise<Standing> {
  const rows = await sql(host, "SHOW GLOBAL STATUS LIKE 'wsrep%'", 5).catch(() => []);
  const of = new Map(rows.map(([name = '', value = '']) => [name, value]));
  return {
    cluster: of.get('wsrep_cluster_status') ?? '',
    state: of.get('wsrep_local_state_comment') ?? '',
    history: of.get('wsrep_cluster_state_uuid') ?? '',
    size: Number(of.get('wsrep_cluster_size') ?? 0),
  };
}

/** What clustercheck says of a node, asked from outside as HAProxy does: its HTTP status, 0 for none. */
export async function gate(host: LabHost): Promise<number> {
  const script =
    'curl -s -o /dev/null -m 3 -w "%{http_code}" "http://$(. /etc/stackseed/node.env; echo "$STACKSEED_MANAGE_ADDRESS"):9200/"';
  const { stdout } = await host.exec(['bash', '-c', script], { timeout: 10 });
  return Number(stdout);
}

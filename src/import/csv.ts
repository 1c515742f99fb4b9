import { nearest } from '../document/nearest.ts';
import type { Finding } from '../report/finding.ts';
import { cell, type ImportedHost, problem, type Row, words } from './rows.ts';

const COLUMNS = ['name', 'groups', 'roles', 'platform', 'state', 'bmc'];
const OF_NETWORK = ['mac', 'interface', 'bond', 'address', 'mtu'];

/**
 * Hosts of a table with the columns name, groups, roles, platform, state, bmc, and for each network NETWORK.mac,
 * NETWORK.interface, NETWORK.bond, NETWORK.address and NETWORK.mtu. Groups and roles are several words in a cell.
 */
export function hostsOfTable(
  file: string,
  rows: Row[],
): { hosts: Map<string, ImportedHost>; findings: Finding[] } {
  const findings = unknownColumns(file, rows);
  const hosts = new Map<string, ImportedHost>();
  for (const row of rows) {
    const name = cell(row, 'name');
    const where = `${file}:${row.line}`;
    if (name === undefined) findings.push(problem(where, 'import-no-name', 'a line without a name'));
    else if (hosts.has(name)) findings.push(problem(where, 'import-duplicate', `${name} is there twice`));
    else hosts.set(name, hostOf(row));
  }
  return { hosts, findings };
}

function hostOf(row: Row): ImportedHost {
  const networks: ImportedHost['networks'] = {};
  for (const [column, text] of row.cells) {
    const [network = '', key] = column.split('.');
    if (key === undefined || text === '') continue;
    networks[network] = {
      ...networks[network],
      [key]: key === 'mtu' && /^[0-9]+$/.test(text) ? Number(text) : text,
    };
  }
  const groups = words(cell(row, 'groups'));
  const roles = words(cell(row, 'roles'));
  const platform = cell(row, 'platform');
  const bmc = cell(row, 'bmc');
  return {
    ...(cell(row, 'state') === 'absent' && { state: 'absent' as const }),
    ...(groups && { groups }),
    ...(roles && { roles }),
    ...(platform && { platform }),
    ...(bmc && { bmc: { address: bmc } }),
    networks,
  };
}

function unknownColumns(file: string, rows: Row[]): Finding[] {
  return [...(rows[0]?.cells.keys() ?? [])].flatMap((column): Finding[] => {
    const [network, key, more] = column.split('.');
    if (key === undefined ? COLUMNS.includes(column) : network && OF_NETWORK.includes(key) && !more)
      return [];
    const near = nearest(key ?? column, key === undefined ? COLUMNS : OF_NETWORK);
    const hint = near ? `did you mean ${key === undefined ? near : `${network}.${near}`}?` : undefined;
    return [problem(`${file}:1`, 'import-column', `there is no column ${JSON.stringify(column)}`, hint)];
  });
}

/** IPv4 arithmetic. Addresses are dotted quads outside, unsigned 32-bit numbers inside. */

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** The addresses of a network: the first is its own, the last its broadcast address. */
export interface Block {
  first: number;
  last: number;
  prefix: number;
}

export function toBlock(cidr: string): Block {
  const [base = '', length = ''] = cidr.split('/');
  const prefix = Number(length);
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(base) / size) * size;
  return { first, last: first + size - 1, prefix };
}

export function contains(block: Block, address: string): boolean {
  const number = toNumber(address);
  return number >= block.first && number <= block.last;
}

export function overlaps(one: Block, other: Block): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** "192.168.0.0/24", whatever address of the network it was written with. */
export function toCidr(block: Block): string {
  return `${toAddress(block.first)}/${block.prefix}`;
}

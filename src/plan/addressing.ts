/** IPv4 arithmetic. Addresses are dotted quads outside, unsigned 32-bit numbers inside. */

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

export interface Block {
  first: number;
  last: number;
  prefix: number;
}

/** The addresses of a CIDR, network and broadcast address included. */
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

/** What dnsmasq logs of one file. */
export interface TftpLine {
  path: string;
  address: string;
  sent: boolean;
}

/** Reads a line of dnsmasq's log, such as "dnsmasq-tftp[7]: sent /srv/pxe/tftp/pxelinux.0 to 10.0.0.9" (src/tftp.c). */
export function tftpLine(line: string): TftpLine | undefined {
  const sent = /dnsmasq-tftp\[\d+\]: sent (\S+) to (\S+)$/.exec(line);
  const lacked = /dnsmasq-tftp\[\d+\]: file (\S+) not found for (\S+)$/.exec(line);
  const [, path, address] = sent ?? lacked ?? [];
  return path === undefined || address === undefined ? undefined : { path, address, sent: Boolean(sent) };
}

/** Answers that are none: what an impostor says in the place of a controller. */
export const LIES = ['rubbish', 'unsigned', 'forged', 'replayed'] as const;

/** What is sent for a request: the recorded answer, as it is or made to look as if it were to this request. */
export function lie(kind: (typeof LIES)[number], recorded: string, request: string): string {
  const [line = '', signature = ''] = recorded.split('\n');
  const fresh = JSON.stringify({ ...JSON.parse(line), nonce: JSON.parse(request).nonce });
  if (kind === 'rubbish') return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK';
  if (kind === 'unsigned') return `${fresh}\n`;
  if (kind === 'forged') return `${fresh}\n${signature}\n`;
  return recorded;
}

/** How values get into a preseed, and the check that nothing else got in. */

/** A question's line: owner, question, type, and a value of visible characters that no backslash continues. */
const LINE =
  /^[a-z0-9][a-z0-9+.-]* [A-Za-z0-9_./+-]+ (string|boolean|select|multiselect|password|note)( [\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?$/;

/**
 * A value of an answer as it is written: one line of visible ASCII without a blank at an end and without a
 * backslash, which would join the next line. debconf takes everything else as it is.
 * @throws Error where a value is none; the inventory's checks should have kept it out
 */
export function answerText(value: unknown): string {
  if (value === undefined || value === null) throw new Error(`a value of a preseed is ${value}`);
  const text = String(value);
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) || text.includes('\\'))
    throw new Error(`not a value for a preseed: ${JSON.stringify(value)}`);
  return text;
}

/** A whole line as platforms and components have them: checked, since it goes in as it is. */
export function answerLine(line: string): string {
  if (!LINE.test(line) || line.includes('\\'))
    throw new Error(`not a line for a preseed: ${JSON.stringify(line)}`);
  return line;
}

/**
 * Reads a preseed as debconf does: every line is a comment, empty, or an answer.
 * @throws Error naming the first line that is something else
 */
export function checkPreseed(text: string): void {
  text.split('\n').forEach((line, index) => {
    if (line === '' || /^#[\x20-\x7e]*$/.test(line)) return;
    if (!LINE.test(line) || line.endsWith('\\'))
      throw new Error(`line ${index + 1} of the preseed is no answer`);
  });
}

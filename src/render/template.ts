import { basename } from 'node:path';
import ejs from 'ejs';
import type { Piece } from '../library/types.ts';

/** A template went wrong: names the template and, where EJS tells, the line. */
export class TemplateError extends Error {
  readonly template: string;
  readonly line: number | undefined;
  /** What is wrong, without the place. EJS writes its own into `message` where a partial's error passes by. */
  readonly wrong: string;
  constructor(template: string, line: number | undefined, message: string) {
    super(`${template}${line ? `:${line}` : ''}: ${message}`);
    this.wrong = message;
    this.name = 'TemplateError';
    this.template = template;
    this.line = line;
  }
}

type Compiled = (locals: Record<string, unknown>) => string;

const compiled = new WeakMap<Piece, Compiled>();

/**
 * Renders a component's template. Printing something undefined or null is an error, and values are
 * printed as they are: config files are not XML. Templates are compiled once.
 */
export function renderTemplate(file: Piece, locals: Record<string, unknown>): string {
  try {
    const known = compiled.get(file) ?? compile(file);
    compiled.set(file, known);
    return known(locals);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw fromEjs(file, error);
    throw new TemplateError(error.template, error.line, error.wrong);
  }
}

function compile(file: Piece): Compiled {
  const source = file.content.toString('utf8');
  const raw = /<%-(?!\s*include\()/.exec(source);
  if (raw) {
    const line = source.slice(0, raw.index).split('\n').length;
    throw new TemplateError(file.source, line, '<%- prints undefined as nothing: use <%=');
  }
  return ejs.compile(source, { filename: file.source, escape: printed, async: false }) as Compiled;
}

function printed(value: unknown): string {
  if (value === undefined || value === null) throw new Error(`a value to be printed is ${value}`);
  if (typeof value === 'object') throw new Error('a value to be printed is an object or a list');
  return String(value);
}

/** EJS puts "file:line", an excerpt and an empty line before the message proper. */
function fromEjs(file: Piece, error: unknown): TemplateError {
  const message = error instanceof Error ? error.message : String(error);
  const at = new RegExp(`${escapeRegExp(basename(file.source))}:([0-9]+)`).exec(message);
  const proper = message.split('\n\n').at(-1) ?? message;
  return new TemplateError(file.source, at ? Number(at[1]) : undefined, proper.split('\n')[0] ?? proper);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

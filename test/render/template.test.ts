import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderTemplate, TemplateError } from '../../src/render/template.ts';

function file(text: string) {
  return {
    path: '/etc/x.conf',
    source: 'cloud-config/components/x/files/etc/x.conf.ejs',
    template: true,
    content: Buffer.from(text),
    rule: { mode: '0644', owner: 'root', group: 'root' },
    lay: 'staged' as const,
  };
}

function failure(text: string, locals: Record<string, unknown>): TemplateError {
  try {
    renderTemplate(file(text), locals);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('it rendered');
}

test('values are printed as they are', () => {
  assert.is(renderTemplate(file('a=<%= a %>&\n'), { a: `<'"&>` }), `a=<'"&>&\n`);
});

test('an undefined value names the template and the line', () => {
  const error = failure('one\ntwo\nthree <%= settings.missing %>\n', { settings: {} });
  assert.is(error.line, 3);
  assert.match(error.message, /x\.conf\.ejs:3: a value to be printed is undefined/);
});

test('null, objects and lists are not printed either', () => {
  assert.match(failure('<%= v %>', { v: null }).message, /null/);
  assert.match(failure('<%= v %>', { v: {} }).message, /object or a list/);
  assert.match(failure('<%= v %>', { v: [1] }).message, /object or a list/);
});

test('an unknown name is an error with its line', () => {
  const error = failure('\n<%= nothing.at.all %>', {});
  assert.is(error.line, 2);
  assert.match(error.message, /nothing is not defined/);
});

test('a template that EJS cannot compile names itself', () => {
  assert.match(failure('<% if (true) { %>', {}).message, /x\.conf\.ejs/);
});

test('the raw tag prints undefined as nothing, so it is refused, but for includes', () => {
  const error = failure('fine\n<%- value %>', { value: 1 });
  assert.is(error.line, 2);
});

test.run();

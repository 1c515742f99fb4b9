import type { CompletionCommand, CompletionValue } from './tree.ts';

/** A completion script for fish. */
export function fishCompletion(program: CompletionCommand): string {
  const { name } = program;
  return `# Completion of ${name} for fish: ${name} completion fish > ~/.config/fish/completions/${name}.fish

function __${name}_hosts
    set -l words (commandline -opc)
    set -l at (contains -i -- -i $words; or contains -i -- --inventory $words)
    if test -n "$at"
        ${name} __hosts -i $words[(math $at + 1)] 2>/dev/null
    else
        ${name} __hosts 2>/dev/null
    end
end

complete -c ${name} -f
${lines(program, []).join('\n')}
`;
}

function lines(command: CompletionCommand, path: string[]): string[] {
  const siblings = command.commands.map(({ name }) => name);
  const here = condition(path, siblings);
  const out = command.options.map(({ flags, description, value }) => {
    const names = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    return [`complete -c stackseed -n ${here}`, ...names, valueSpec(value), `-d ${quote(description)}`]
      .filter((part) => part !== '')
      .join(' ');
  });
  for (const child of command.commands)
    out.push(`complete -c stackseed -n ${here} -a ${child.name} -d ${quote(child.description)}`);
  if (command.argument) out.push(`complete -c stackseed -n ${here} ${positional(command.argument)}`);
  return [...out, ...command.commands.flatMap((child) => lines(child, [...path, child.name]))];
}

/** Holds where the commands of the path were typed and none of those that may follow. */
function condition(path: string[], next: string[]): string {
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const none = next.length > 0 ? [`not __fish_seen_subcommand_from ${next.join(' ')}`] : [];
  return quote([...seen, ...none].join('; and '));
}

function valueSpec(value: CompletionValue | undefined): string {
  if (value === undefined) return '';
  return `${value.kind === 'file' ? '-r' : '-x'} ${positional(value)}`.trimEnd();
}

function positional({ kind, choices }: CompletionValue): string {
  if (choices.length > 0) return `-a ${quote(choices.join(' '))}`;
  return {
    file: '-F',
    folder: "-a '(__fish_complete_directories)'",
    host: "-a '(__stackseed_hosts)'",
    word: '',
  }[kind];
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

import type { CompletionCommand, CompletionOption, CompletionValue } from './tree.ts';

/** A completion script for zsh: a file _stackseed in a folder of $fpath, or sourced. */
export function zshCompletion(program: CompletionCommand): string {
  const functions = commandFunctions(program, `_${program.name}`);
  return `#compdef ${program.name}

_${program.name}_hosts() {
  local -a names inventory
  local index=\${words[(I)(-i|--inventory)]}
  if (( index )); then inventory=(-i "\${words[index + 1]}"); fi
  names=(\${(f)"$(${program.name} __hosts $inventory 2>/dev/null)"})
  compadd -a names
}

${functions.join('\n')}
compdef _${program.name} ${program.name}
`;
}

function commandFunctions(command: CompletionCommand, name: string): string[] {
  const specs = command.options.map(optionSpec);
  if (command.commands.length === 0) {
    const argument = command.argument ? [quote(`1:${action(command.argument)}`)] : [];
    return [`${name}() {\n  _arguments ${[...specs, ...argument].join(' \\\n    ')}\n}\n`];
  }
  const list = command.commands.map((one) => quote(`${one.name}:${one.description}`));
  const branches = command.commands.map((one) => `    ${one.name}) ${name}_${one.name} ;;`);
  const own = `${name}() {
  local state
  local -a commands
  commands=(${list.join(' ')})
  _arguments -C ${specs.join(' \\\n    ')} \\
    '1:command:{_describe command commands}' '*::argument:->rest'
  [[ $state == rest ]] || return
  case $words[1] in
${branches.join('\n')}
  esac
}
`;
  return [own, ...command.commands.flatMap((one) => commandFunctions(one, `${name}_${one.name}`))];
}

function optionSpec({ flags, description, value }: CompletionOption): string {
  const what = `[${description.replace(/[[\]\\:]/g, '\\$&')}]`;
  const rest = quote(`${what}${value ? `:${action(value)}` : ''}`);
  return flags.length > 1 ? `'(${flags.join(' ')})'{${flags.join(',')}}${rest}` : `${flags[0]}${rest}`;
}

function action({ kind, choices }: CompletionValue): string {
  if (choices.length > 0) return `value:(${choices.join(' ')})`;
  return {
    file: 'file:_files',
    folder: 'folder:_files -/',
    host: 'host:_stackseed_hosts',
    word: 'value: ',
  }[kind];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

import type { CompletionCommand, CompletionValue } from './tree.ts';

/** Folders get a slash behind them, and what needs it is quoted. */
const FILES = 'compopt -o filenames 2>/dev/null';

/** A completion script for bash 4 and later. It holds no word of a user's. */
export function bashCompletion(program: CompletionCommand): string {
  const all = paths(program);
  return `# Completion of ${program.name} for bash: source <(${program.name} completion bash)

_${program.name}_hosts() {
  local word inventory=() index
  for ((index = 1; index < COMP_CWORD - 1; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == -i || $word == --inventory ]]; then inventory=(-i "\${COMP_WORDS[index + 1]}"); fi
  done
  "\${COMP_WORDS[0]}" __hosts "\${inventory[@]}" 2>/dev/null
}

_${program.name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$command/\${COMP_WORDS[index]}" in
      ${all
        .slice(1)
        .map(({ path }) => path)
        .join(' | ')}) command=$command/\${COMP_WORDS[index]} ;;
    esac
  done
  COMPREPLY=()
  case "$command $previous" in
${all.flatMap(({ path, command }) => valueCases(path, command)).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case $command in
${all.map(({ path, command }) => `      ${pattern(path)}) ${words(flagsOf(command))} ;;`).join('\n')}
    esac
    return
  fi
  case $command in
${all.map(({ path, command }) => `    ${pattern(path)}) ${argumentOf(command)} ;;`).join('\n')}
  esac
}

complete -F _${program.name} ${program.name}
`;
}

/** Every command with its path, "/secrets/show"; the program itself is the empty path. */
function paths(command: CompletionCommand, path = ''): { path: string; command: CompletionCommand }[] {
  return [{ path, command }, ...command.commands.flatMap((child) => paths(child, `${path}/${child.name}`))];
}

function pattern(path: string): string {
  return path === '' ? "''" : path;
}

function flagsOf({ options }: CompletionCommand): string[] {
  return options.flatMap(({ flags }) => flags);
}

/** What to offer after an option that takes a value. */
function valueCases(path: string, { options }: CompletionCommand): string[] {
  return options.flatMap(({ flags, value }) => {
    if (!value) return [];
    const where = flags.map((flag) => `'${path} ${flag}'`).join(' | ');
    return [`    ${where}) ${offer(value)}; return ;;`];
  });
}

function argumentOf(command: CompletionCommand): string {
  if (command.commands.length > 0) return words(command.commands.map(({ name }) => name));
  return command.argument ? offer(command.argument) : ':';
}

function offer({ kind, choices }: CompletionValue): string {
  if (choices.length > 0) return words([...choices]);
  if (kind === 'file') return `${FILES}; mapfile -t COMPREPLY < <(compgen -f -- "$current")`;
  if (kind === 'folder') return `${FILES}; mapfile -t COMPREPLY < <(compgen -d -- "$current")`;
  if (kind === 'host') return 'mapfile -t COMPREPLY < <(compgen -W "$(_stackseed_hosts)" -- "$current")';
  return ':';
}

function words(list: string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${list.join(' ')}' -- "$current")`;
}

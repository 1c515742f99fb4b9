import type { Command, Option } from 'commander';

/** What may stand for a value, by its placeholder in the help. */
export type ValueKind = 'file' | 'folder' | 'host' | 'word';

export interface CompletionValue {
  kind: ValueKind;
  choices: readonly string[];
}

export interface CompletionOption {
  /** "-i", "--inventory" */
  flags: string[];
  description: string;
  /** Absent for a switch. */
  value?: CompletionValue;
}

/** A command as a completion script needs to know it. */
export interface CompletionCommand {
  name: string;
  description: string;
  /** The program's own options included. */
  options: CompletionOption[];
  argument?: CompletionValue;
  commands: CompletionCommand[];
}

const KINDS: Record<string, ValueKind> = { FILE: 'file', DIR: 'folder', HOST: 'host' };

/** Reads the tree of commands off commander, so that completion never lags behind it. */
export function completionTree(program: Command): CompletionCommand {
  const common = program.options.filter(({ hidden }) => !hidden).map(optionOf);
  const help = { flags: ['-h', '--help'], description: 'explain a command' };
  return commandOf(program, [...common, help]);
}

function commandOf(command: Command, common: CompletionOption[]): CompletionCommand {
  const own = command.parent ? command.options.filter(({ hidden }) => !hidden).map(optionOf) : [];
  const argument = command.registeredArguments[0];
  const visible = command.createHelp().visibleCommands(command);
  return {
    name: command.name(),
    description: command.description(),
    options: [...own, ...common],
    ...(argument && { argument: { kind: kindOf(argument.name()), choices: argument.argChoices ?? [] } }),
    commands: visible.map((one) => commandOf(one, common)),
  };
}

function optionOf(option: Option): CompletionOption {
  const { short, long, description, flags, argChoices } = option;
  const placeholder = /[<[]([A-Z]+)/.exec(flags)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    ...(placeholder && { value: { kind: kindOf(placeholder), choices: argChoices ?? [] } }),
  };
}

function kindOf(placeholder: string): ValueKind {
  return KINDS[placeholder] ?? 'word';
}

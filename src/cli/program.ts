import { isIP } from 'node:net';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { type Context, type Surroundings, wantsColor } from './context.ts';
import { packageVersion } from './package.ts';

const FILE = 'FILE';

/** The tree of commands. What a command needs is loaded when it runs, so that --help is quick. */
export function makeProgram(around: Surroundings): { program: Command; context: Context } {
  const context: Context = { ...around, quiet: false, json: false, color: wantsColor(undefined, around) };
  const program = new Command('stackseed');
  program
    .description('From one inventory to the cloud-init seed of every machine of an OpenStack fleet.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .option('-q, --quiet', 'no progress and no summary, only findings and results')
    .option('--color', 'colour the findings, even where no terminal listens')
    .option('--no-color', 'never colour them')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand(false)
    .showHelpAfterError('(--help explains)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void around.stdout.write(text),
      writeErr: (text) => void around.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .hook('preAction', (_, command) => {
      const { quiet, json, color } = command.optsWithGlobals();
      context.quiet = Boolean(quiet);
      context.json = Boolean(json);
      context.color = wantsColor(color, around);
    });
  program.addHelpText('after', ROOT_HELP);

  addInit(program, context);
  addImport(program, context);
  addValidate(program, context);
  addShow(program, context);
  addPlan(program, context);
  addGenerate(program, context);
  addVerify(program, context);
  addBundle(program, context);
  addPublish(program, context);
  addGraph(program, context);
  addReport(program, context);
  addStatus(program, context);
  addTimeline(program, context);
  addClientConfig(program, context);
  addPxe(program, context);
  addInstallIso(program, context);
  addServe(program, context);
  addPower(program, context);
  addSecrets(program, context);
  addSchema(program, context);
  addCompletion(program, context);
  return { program, context };
}

const ROOT_HELP = `
Begin with:
  stackseed init && stackseed secrets init && stackseed generate

Exit status:
  0    done
  1    findings: something in the input is wrong, or a file or program that is needed is not to be had
  2    wrong usage of the command line; of plan: generate would change something
  70   a bug of stackseed
  130  interrupted

Environment:
  STACKSEED_INVENTORY   the inventory, where -i is not given
  STACKSEED_PASSPHRASE, STACKSEED_PASSPHRASE_FILE, STACKSEED_AGE_IDENTITY
                        open an encrypted secrets file: the passphrase, or the file that holds it,
                        or the file with an age identity
  STACKSEED_DEBUG       with a bug: print where it happened
  NO_COLOR              no colour
`;

function inventoryOption(command: Command): Command {
  return command.option(
    `-i, --inventory <${FILE}>`,
    'the inventory (default: $STACKSEED_INVENTORY, or inventory.yaml)',
  );
}

function secretsOption(command: Command): Command {
  return command.option(`--secrets <${FILE}>`, 'the secrets (default: secrets.yaml beside the inventory)');
}

function planOptions(command: Command): Command {
  return command
    .option(`--lock <${FILE}>`, 'the lock file (default: stackseed.lock beside the inventory)')
    .option('--platform <NAME>', 'a platform instead of those in the inventory')
    .option('--strict', 'warnings are errors');
}

function jsonOption(command: Command): Command {
  return command.option('--json', 'one JSON document on standard output, findings included');
}

function example(command: Command, ...lines: string[]): Command {
  const title = lines.length > 1 ? 'Examples' : 'Example';
  return command.addHelpText('after', `\n${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

function addInit(program: Command, context: Context): void {
  const command = program.command('init').description('write a commented inventory to start from');
  inventoryOption(command)
    .option('--memo', 'the reference fleet of nine hosts instead')
    .action(async (options) => (await import('./commands/init.ts')).init(context, options));
  example(command, 'stackseed init', 'stackseed init --memo -i memo/inventory.yaml');
}

function addImport(program: Command, context: Context): void {
  const command = program
    .command('import')
    .description("print the hosts of a table as a part of an inventory: CSV, or NetBox's export of devices")
    .argument(`<${FILE}>`, 'the table')
    .addOption(new Option('--format <NAME>', 'what it is').choices(['csv', 'netbox']).default('csv'))
    .option('--network <NAME>', 'with netbox: the network that primary addresses are on', 'manage')
    .option(`--interfaces <${FILE}>`, 'with netbox: its export of interfaces, for the MAC addresses')
    .option('--group <ROLE=GROUP...>', 'with netbox: the group of devices of that role', groupOfRole)
    .action(async (file, options) =>
      (await import('./commands/import.ts')).importHosts(context, file, options),
    );
  example(
    command,
    'stackseed import hosts.csv > hosts.yaml',
    "stackseed import --format netbox --interfaces interfaces.csv --group 'Compute Node=compute-nodes' devices.csv",
  );
}

function groupOfRole(text: string, before: string[] = []): string[] {
  if (!/.=./.test(text)) throw new InvalidArgumentError('not ROLE=GROUP.');
  return [...before, text];
}

function addValidate(program: Command, context: Context): void {
  const command = program.command('validate').description('check the inventory and say all that is wrong');
  jsonOption(planOptions(inventoryOption(command))).action(async (options) =>
    (await import('./commands/validate.ts')).validate(context, options),
  );
  example(command, 'stackseed validate --strict');
}

function addShow(program: Command, context: Context): void {
  const command = program
    .command('show')
    .description('show what is planned for the fleet, or for a host and where each value comes from')
    .argument('[HOST]', 'a host of the inventory');
  jsonOption(planOptions(inventoryOption(command)))
    .option('--secrets', 'only the names of the secrets that each host gets')
    .action(async (host, options) => (await import('./commands/show.ts')).show(context, host, options));
  example(command, 'stackseed show', 'stackseed show cnt1', 'stackseed show --json | jq .hosts[].name');
}

function addGenerate(program: Command, context: Context): void {
  const command = program
    .command('generate')
    .description('write the seed of every host whose seed is not right');
  jsonOption(planOptions(secretsOption(inventoryOption(command))))
    .option('--host <HOST...>', 'only these hosts')
    .option('--out <DIR>', 'where to', 'out')
    .option('--no-iso', 'leave the seed ISOs out')
    .addOption(
      new Option(
        '--iso-builder <NAME>',
        'who writes them: the program xorriso (the default), or stackseed itself',
      ).choices(['xorriso', 'embedded']),
    )
    .option('--prune', 'remove the seeds of hosts that left the inventory')
    .option('--overwrite', 'write over files that somebody changed since they were generated')
    .option('--new-lock', 'begin a new lock file where it was lost')
    .action(async (options) => (await import('./commands/generate.ts')).generate(context, options));
  example(command, 'stackseed generate', 'stackseed generate --host cnt1 cnt2 --out /srv/seeds');
}

function addPlan(program: Command, context: Context): void {
  const command = program
    .command('plan')
    .description('show what generate would change and why, with diffs; exit status 2 when it would');
  jsonOption(planOptions(secretsOption(inventoryOption(command))))
    .option('--host <HOST...>', 'only these hosts')
    .option('--out <DIR>', 'what is compared with', 'out')
    .option('--no-iso', 'the seed ISOs are left out')
    .option('--no-diff', 'only the hosts and the reasons')
    .option('--new-lock', 'as with a new lock file, where it was lost')
    .action(async (options) => (await import('./commands/plan.ts')).plan(context, options));
  example(command, 'stackseed plan', 'stackseed plan --host cnt1 --json');
}

function addVerify(program: Command, context: Context): void {
  const command = program
    .command('verify')
    .description(
      'compare the seeds in the output folder with what was generated; exit status 1 when they differ',
    );
  jsonOption(command)
    .option('--out <DIR>', 'where the seeds are', 'out')
    .action(async (options) => (await import('./commands/verify.ts')).verify(context, options));
  example(command, 'stackseed verify');
}

function addBundle(program: Command, context: Context): void {
  const command = program
    .command('bundle')
    .description(
      'pack the seeds that were generated, ISOs left out, with checksums: the same bytes each time',
    )
    .argument(`<${FILE}>`, 'the archive: .tar.gz, .tgz or .zip; with --each a folder');
  jsonOption(command)
    .option('--out <DIR>', 'where the seeds are', 'out')
    .option('--host <HOST...>', 'only these hosts')
    .option('--each', 'an archive for each host')
    .option('--zip', 'with --each: as zip')
    .action(async (file, options) => (await import('./commands/bundle.ts')).bundle(context, file, options));
  example(command, 'stackseed bundle seeds.tar.gz', 'stackseed bundle --each --zip for-the-racks');
}

function addPublish(program: Command, context: Context): void {
  const command = program
    .command('publish')
    .description('write the seeds of hosts with the role pull into a folder that a web server serves to them')
    .argument('<DIR>', 'that folder; each host has a part of it that only it knows');
  planOptions(secretsOption(inventoryOption(command)))
    .option('--out <DIR>', 'where the seeds are', 'out')
    .option('--prune', 'remove what is there of hosts that are no more, and of tokens from before')
    .action(async (folder, options) =>
      (await import('./commands/publish.ts')).publish(context, folder, options),
    );
  example(command, 'stackseed generate && stackseed publish /srv/seeds');
}

function addGraph(program: Command, context: Context): void {
  const command = program
    .command('graph')
    .description('draw the fleet as SVG: networks, hosts, roles, virtual addresses, the cluster');
  planOptions(inventoryOption(command)).action(async (options) =>
    (await import('./commands/graph.ts')).graph(context, options),
  );
  example(command, 'stackseed graph > fleet.svg');
}

function addReport(program: Command, context: Context): void {
  const command = program
    .command('report')
    .description(
      'write an HTML page about the fleet: the picture, the hosts, what each gets, what was found',
    );
  planOptions(inventoryOption(command)).action(async (options) =>
    (await import('./commands/report.ts')).report(context, options),
  );
  example(command, 'stackseed report > fleet.html');
}

function addStatus(program: Command, context: Context): void {
  const command = program
    .command('status')
    .description('ask the hosts how they stand; exit status 1 when not all are healthy');
  jsonOption(secretsOption(inventoryOption(command)))
    .option('--lock <FILE>', 'the lock file (default: stackseed.lock beside the inventory)')
    .option('--host <HOST...>', 'only these hosts, with all their components')
    .option('--watch', 'ask again and again, until interrupted')
    .option('--timeout <S>', 'seconds that a host has for its answer', seconds, 5)
    .action(async (options) => (await import('./commands/status.ts')).status(context, options));
  example(command, 'stackseed status', 'stackseed status --watch', 'stackseed status --host cnt1 --json');
}

function addTimeline(program: Command, context: Context): void {
  const command = program
    .command('timeline')
    .description(
      'ask the hosts how they came up: what took how long, and what each host waited for in the end',
    );
  jsonOption(secretsOption(inventoryOption(command)))
    .option('--lock <FILE>', 'the lock file (default: stackseed.lock beside the inventory)')
    .option('--host <HOST...>', 'only these hosts')
    .option('--svg', 'a chart of all components of all hosts, as SVG')
    .option('--timeout <S>', 'seconds that a host has for its answer', seconds, 10)
    .action(async (options) => (await import('./commands/timeline.ts')).timeline(context, options));
  example(command, 'stackseed timeline', 'stackseed timeline --svg > timeline.svg');
}

function treeOption(command: Command): Command {
  return command.option('-o, --tree <DIR>', 'the network-boot tree', 'pxe');
}

function addClientConfig(program: Command, context: Context): void {
  const command = program
    .command('client-config')
    .description(
      "write what a workstation needs to use the fleet's services: clouds.yaml, and the authority",
    );
  planOptions(secretsOption(inventoryOption(command)))
    .option('--out <FOLDER>', 'where to', 'client')
    .action(async (options) => (await import('./commands/client-config.ts')).clientConfig(context, options));
  example(
    command,
    'stackseed client-config',
    'stackseed client-config --out ~/.config/openstack && openstack --os-cloud memo token issue',
  );
}

function addPxe(program: Command, context: Context): void {
  const pxe = program
    .command('pxe')
    .description('build the network-boot tree, from which armed machines install themselves')
    .helpCommand(false);
  jsonOption(planOptions(inventoryOption(treeOption(pxe))))
    .option('--image <PLATFORM=SOURCE...>', 'folder, .deb, .tar.gz or mirror that the installer comes from')
    .action(async (options) => (await import('./commands/pxe.ts')).pxe(context, options));
  example(pxe, 'stackseed pxe', 'stackseed pxe -o /srv/pxe --image debian-12=/srv/netboot.tar.gz');

  const arm = pxe
    .command('arm')
    .description('let hosts install themselves the next time they boot from the network')
    .argument('<HOST...>')
    .option('--out <DIR>', 'where the seeds are', 'out')
    .action(async (hosts, _, command) =>
      (await import('./commands/pxe-arm.ts')).pxeArm(context, hosts, command.optsWithGlobals()),
    );
  example(arm, 'stackseed pxe arm cnt1 cnt2');

  const disarm = pxe
    .command('disarm')
    .description('let hosts boot their disks again')
    .argument('<HOST...>')
    .action(async (hosts, _, command) =>
      (await import('./commands/pxe-arm.ts')).pxeDisarm(context, hosts, command.optsWithGlobals()),
    );
  example(disarm, 'stackseed pxe disarm cnt1');

  const list = pxe
    .command('list')
    .description('list the hosts that are armed')
    .action(async (_, command) =>
      (await import('./commands/pxe-arm.ts')).pxeList(context, command.optsWithGlobals()),
    );
  example(list, 'stackseed pxe list -o /srv/pxe');
}

function addInstallIso(program: Command, context: Context): void {
  const command = program
    .command('install-iso')
    .description('write an ISO for each host that installs it by itself, with no server')
    .argument('<HOST...>');
  jsonOption(treeOption(command))
    .option('--out <DIR>', 'where the seeds are', 'out')
    .option('--to <DIR>', 'where the ISOs go, as HOST.iso', 'install-iso')
    .action(async (hosts, options) =>
      (await import('./commands/install-iso.ts')).installIso(context, hosts, options),
    );
  example(command, 'stackseed install-iso cnt1 cnt2', 'stackseed install-iso cnt1 --to /srv/media');
}

function seconds(text: string): number {
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || Number(text) <= 0 || Number(text) > 3600)
    throw new InvalidArgumentError('not a number of seconds from 0.1 to 3600.');
  return Number(text);
}

function addServe(program: Command, context: Context): void {
  const command = program
    .command('serve')
    .description(
      'serve what `stackseed pxe` made, disarm hosts that are installed, and show the fleet coming up',
    )
    .option(
      '--listen <ADDRESS[:PORT]...>',
      'where to listen by HTTP (port 80; default: what boot says)',
      endpoints(80),
    )
    .option(
      '--tls <ADDRESS[:PORT]...>',
      "the same over TLS, with the fleet's authority (port 443)",
      endpoints(443),
    )
    .option('--name <NAME...>', 'DNS names of this machine, for its certificate')
    .option(
      '--syslog <ADDRESS[:PORT]...>',
      'where installers send their log by UDP (port 514)',
      endpoints(514),
    )
    .option('--dnsmasq', 'run dnsmasq with the configuration in the tree, for DHCP and TFTP')
    .option('--state <DIR>', 'folder of what it remembers (default: the tree with -state after it)')
    .option('--user <NAME>', 'account to run as once it listens, where root starts it', 'nobody');
  treeOption(secretsOption(inventoryOption(command)))
    .option('--lock <FILE>', 'the lock file (default: stackseed.lock beside the inventory)')
    .action(async (options) => (await import('./commands/serve.ts')).serve(context, options));
  example(
    command,
    'stackseed serve --listen 192.168.0.1 --dnsmasq',
    'stackseed serve -o /srv/pxe --listen 192.168.0.1:8080 --tls 192.168.0.1:8443',
  );
}

function addPower(program: Command, context: Context): void {
  const command = program
    .command('power')
    .description('switch machines by their BMCs: Redfish, or IPMI by ipmitool')
    .addArgument(
      new Argument('<ACT>', 'pxe and cd boot from there once').choices([
        'on',
        'off',
        'cycle',
        'pxe',
        'cd',
        'status',
      ]),
    )
    .argument('<HOST...>', 'hosts of the inventory');
  jsonOption(secretsOption(inventoryOption(command)))
    .option('--lock <FILE>', 'the lock file (default: stackseed.lock beside the inventory)')
    .option('--iso <URL>', 'for cd: what goes into the virtual drive; {host} in it is the name of the host')
    .option('--ca <FILE>', 'certificate of an authority of the BMCs, in PEM')
    .option(
      '--timeout <S>',
      'seconds for an answer of a BMC, and for the machine to be on or off',
      seconds,
      60,
    )
    .action(async (act, hosts, options) =>
      (await import('./commands/power.ts')).power(context, act, hosts, options),
    );
  example(
    command,
    'stackseed power pxe cnt1 cnt2',
    'stackseed power cd cnt1 --iso http://192.168.0.1/isos/{host}.iso',
  );
}

/** "192.168.0.1", "192.168.0.1:8080", "[::1]:8080"; an option that may be given again. */
function endpoints(standard: number) {
  return (text: string, before: { address: string; port: number }[] | undefined) => {
    const [, six, four, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
    const [address, number] = [six ?? four ?? '', Number(port ?? standard)];
    if (isIP(address) === 0 || number > 65_535)
      throw new InvalidArgumentError('not an address, or an address, a colon and a port.');
    return [...(before ?? []), { address, port: number }];
  };
}

function addSchema(program: Command, context: Context): void {
  const command = program
    .command('schema')
    .description('print the JSON Schema of the inventory, for editors')
    .option('--component-settings', "with the settings of all components, the inventory's own included");
  inventoryOption(command).action(async (options) =>
    (await import('./commands/schema.ts')).schema(context, options),
  );
  example(command, 'stackseed schema > inventory.schema.json');
}

function addCompletion(program: Command, context: Context): void {
  const command = program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<SHELL>', 'which one').choices(['bash', 'zsh', 'fish']))
    .action(async (shell) => (await import('./commands/completion.ts')).completion(context, shell, program));
  example(
    command,
    'source <(stackseed completion bash)',
    'stackseed completion fish > ~/.config/fish/completions/stackseed.fish',
  );
  const names = program.command('__hosts', { hidden: true });
  inventoryOption(names).action(async (options) =>
    (await import('./commands/hosts.ts')).hosts(context, options),
  );
}

function addSecrets(program: Command, context: Context): void {
  const secrets = program
    .command('secrets')
    .description("the fleet's secrets: make, list and rotate them")
    .helpCommand(false);
  const make = secrets.command('init').description('make the secrets file, once; what is there stays');
  secretsOption(inventoryOption(make))
    .option('--age <RECIPIENT...>', 'encrypt it for these age public keys')
    .option('--passphrase', 'encrypt it with the passphrase in $STACKSEED_PASSPHRASE')
    .action(async (options) => (await import('./commands/secrets-init.ts')).secretsInit(context, options));
  example(make, 'stackseed secrets init', 'stackseed secrets init --age age1…');

  const show = secrets
    .command('show')
    .description('list the secrets by name: who gets them, how often rotated');
  jsonOption(planOptions(secretsOption(inventoryOption(show))))
    .option('--reveal <LABEL>', 'print the value of this one instead; LABEL@HOST where each host has its own')
    .action(async (options) => (await import('./commands/secrets-show.ts')).secretsShow(context, options));
  example(show, 'stackseed secrets show');

  const rotate = secrets
    .command('rotate')
    .description('replace one secret by another; "ca" is the certificate authority, in three steps')
    .argument('<LABEL>');
  planOptions(secretsOption(inventoryOption(rotate))).action(async (label, options) =>
    (await import('./commands/secrets-rotate.ts')).secretsRotate(context, label, options),
  );
  example(rotate, 'stackseed secrets rotate phone-home-token', 'stackseed secrets rotate ca');
}

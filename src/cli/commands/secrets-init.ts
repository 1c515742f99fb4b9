import { readYaml } from '../../document/read-yaml.ts';
import { pathsOf } from '../../generate/load.ts';
import { FindingsError } from '../../report/finding.ts';
import { type InitOptions, initSecrets, keysFromEnvironment } from '../../secrets/index.ts';
import { type Context, type FleetOptions, inventoryFile, loadOptions } from '../context.ts';

interface Options extends FleetOptions {
  age?: string[];
  passphrase?: boolean;
}

/** Makes the secrets of the fleet, once. Of the inventory only the fleet's name is needed. */
export async function secretsInit(context: Context, options: Options): Promise<void> {
  const inventory = inventoryFile(context, options);
  const { value, findings } = readYaml(inventory);
  if (findings.some(({ severity }) => severity === 'error')) throw new FindingsError(findings);
  const named = typeof value === 'object' && value !== null && 'fleet' in value ? value.fleet : undefined;
  if (typeof named !== 'string') throw problem('fleet-missing', `${inventory} does not say the fleet's name`);
  const file = pathsOf(inventory, loadOptions(context, options)).secrets;
  const lock = await lockFrom(context, options);
  await initSecrets(file, { fleet: named, ...(lock && { lock }) });
  if (context.quiet) return;
  const how = lock ? 'It is encrypted.' : 'Keep it out of version control, and a copy of it in a safe place.';
  context.stdout.write(`${file} holds the secrets of the fleet ${named}. ${how}\n`);
}

async function lockFrom(context: Context, options: Options): Promise<InitOptions['lock']> {
  if (options.age) return { recipients: options.age };
  if (!options.passphrase) return undefined;
  const { passphrase } = await keysFromEnvironment(context.env);
  if (passphrase) return { passphrase };
  throw problem(
    'passphrase-missing',
    'there is no passphrase to encrypt the secrets with',
    'set STACKSEED_PASSPHRASE, or STACKSEED_PASSPHRASE_FILE to a file that holds it',
  );
}

function problem(code: string, message: string, hint?: string): FindingsError {
  return new FindingsError([{ severity: 'error', code, path: '', message, ...(hint && { hint }) }]);
}

import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/**
 * A machine and its BMC, strict where the standard is: DSP0266 for the protocol, DSP8010's ComputerSystem, VirtualMedia
 * and Session for what may be sent. What it does not know it refuses, as an implementation may.
 */
export interface EmulatorOptions {
  tls?: { certificate: string; key: string };
  user: string;
  password: string;
  /** Without a session service there is only basic authentication. */
  sessions?: boolean;
  /** Values of ResetType that it knows. */
  resets?: string[];
  /** Where the virtual drives are. */
  drives?: 'system' | 'manager' | 'none';
  /** Actions are tasks: 202, and a monitor. */
  tasks?: boolean;
  /** PATCH wants If-Match. */
  etags?: boolean;
  systems?: number;
  power?: 'On' | 'Off';
  /** Answers before its reset shows in PowerState. */
  lag?: number;
}

export interface Emulator {
  url: string;
  /** Requests that changed something, such as "POST …/ComputerSystem.Reset {…}". */
  log: string[];
  state: { power: string; boot: Record<string, unknown>; image: string | null; booted: string[] };
  /** Sessions that nobody ended. */
  sessions: Set<string>;
  close(): Promise<void>;
}

type Json = Record<string, unknown>;

const RESETS = ['On', 'ForceOff', 'GracefulShutdown', 'ForceRestart', 'Nmi', 'PushPowerButton'];
const TARGETS = ['None', 'Pxe', 'Cd', 'Usb', 'Hdd', 'BiosSetup'];

export async function emulator(options: EmulatorOptions): Promise<Emulator> {
  const { sessions: withSessions = true, resets = RESETS, drives = 'system', systems = 1, lag = 0 } = options;
  const state: Emulator['state'] = {
    power: options.power ?? 'Off',
    boot: {
      BootSourceOverrideEnabled: 'Disabled',
      BootSourceOverrideTarget: 'None',
      BootSourceOverrideMode: 'UEFI',
    },
    image: 'http://old/left.iso',
    booted: [],
  };
  const sessions = new Set<string>();
  const log: string[] = [];
  const tasks = new Map<string, number>();
  let version = 1;
  let next: { power: string; looks: number } | undefined;

  const base =
    drives === 'manager' ? '/redfish/v1/Managers/BMC/VirtualMedia' : '/redfish/v1/Systems/1/VirtualMedia';
  const link = (path: string) => ({ '@odata.id': path });
  const collection = (path: string, members: string[]) => ({
    '@odata.id': path,
    'Members@odata.count': members.length,
    Members: members.map(link),
  });
  const drive = (id: string, types: string[], image: string | null) => ({
    '@odata.type': '#VirtualMedia.v1_6_0.VirtualMedia',
    '@odata.id': `${base}/${id}`,
    Id: id,
    MediaTypes: types,
    Image: image,
    Inserted: image !== null,
    ConnectedVia: image === null ? 'NotConnected' : 'URI',
    Actions: {
      '#VirtualMedia.InsertMedia': { target: `${base}/${id}/Actions/VirtualMedia.InsertMedia` },
      '#VirtualMedia.EjectMedia': { target: `${base}/${id}/Actions/VirtualMedia.EjectMedia` },
    },
  });
  const resources = (): Record<string, Json> => ({
    '/redfish/v1/Systems': collection(
      '/redfish/v1/Systems',
      Array.from({ length: systems }, (_, index) => `/redfish/v1/Systems/${index + 1}`),
    ),
    '/redfish/v1/Systems/1': {
      '@odata.type': '#ComputerSystem.v1_20_0.ComputerSystem',
      '@odata.id': '/redfish/v1/Systems/1',
      PowerState: state.power,
      Boot: { ...state.boot, 'BootSourceOverrideTarget@Redfish.AllowableValues': TARGETS },
      Links: { ManagedBy: [link('/redfish/v1/Managers/BMC')] },
      ...(drives === 'system' && { VirtualMedia: link(base) }),
      Actions: {
        '#ComputerSystem.Reset': {
          target: '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset',
          'ResetType@Redfish.AllowableValues': resets,
        },
      },
    },
    '/redfish/v1/Managers/BMC': {
      '@odata.id': '/redfish/v1/Managers/BMC',
      ...(drives === 'manager' && { VirtualMedia: link(base) }),
    },
    ...(drives !== 'none' && {
      [base]: collection(base, [`${base}/Floppy`, `${base}/CD`]),
      [`${base}/Floppy`]: drive('Floppy', ['Floppy', 'USBStick'], null),
      [`${base}/CD`]: drive('CD', ['CD', 'DVD'], state.image),
    }),
  });
  const root = {
    '@odata.type': '#ServiceRoot.v1_15_0.ServiceRoot',
    '@odata.id': '/redfish/v1/',
    RedfishVersion: '1.15.0',
    Systems: link('/redfish/v1/Systems'),
    Managers: link('/redfish/v1/Managers'),
    Links: withSessions ? { Sessions: link('/redfish/v1/SessionService/Sessions') } : {},
  };

  const powerOn = () => {
    state.booted.push(
      state.boot['BootSourceOverrideEnabled'] === 'Disabled'
        ? 'Hdd'
        : String(state.boot['BootSourceOverrideTarget']),
    );
    if (state.boot['BootSourceOverrideEnabled'] === 'Once')
      Object.assign(state.boot, { BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideTarget: 'None' });
  };
  const resetTo = (kind: string): string | undefined => {
    if ((kind === 'On') === (state.power === 'On')) return 'the machine is in that state already';
    if (kind !== 'On' && state.power === 'Off') return 'the machine is off';
    if (kind !== 'ForceOff') powerOn();
    const power = kind === 'ForceOff' ? 'Off' : 'On';
    if (lag > 0) next = { power, looks: lag };
    else state.power = power;
    return undefined;
  };

  const act = (path: string, body: Json): string | undefined => {
    if (path === '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset') {
      const unknown = onlyKnown(body, { ResetType: (value) => resets.includes(String(value)) });
      return unknown ?? resetTo(String(body['ResetType']));
    }
    if (path === `${base}/CD/Actions/VirtualMedia.EjectMedia`) {
      const unknown = onlyKnown(body, {});
      if (unknown || state.image === null) return unknown ?? 'there is nothing in the drive';
      state.image = null;
      return undefined;
    }
    if (path === `${base}/CD/Actions/VirtualMedia.InsertMedia`) {
      const bool = (value: unknown) => typeof value === 'boolean';
      const unknown = onlyKnown(body, {
        Image: (value) => /^https?:\/\//.test(String(value)),
        Inserted: bool,
        WriteProtected: bool,
      });
      if (unknown || state.image !== null) return unknown ?? 'the drive is not empty';
      if (typeof body['Image'] !== 'string') return 'PropertyMissing: Image';
      state.image = body['Image'];
      return undefined;
    }
    return 'no such action';
  };

  const allowedIn = ({ headers }: IncomingMessage): boolean => {
    const token = headers['x-auth-token'];
    if (typeof token === 'string') return sessions.has(token);
    const basic = Buffer.from(`${options.user}:${options.password}`).toString('base64');
    return headers.authorization === `Basic ${basic}`;
  };

  const answer = (request: IncomingMessage, response: ServerResponse, text: string) => {
    const path = request.url ?? '';
    const { method = '' } = request;
    const send = (status: number, body?: Json, headers: Record<string, string> = {}) => {
      response.writeHead(status, {
        'OData-Version': '4.0',
        ...(body && { 'Content-Type': 'application/json' }),
        ...headers,
      });
      response.end(body && JSON.stringify(body));
    };
    const refuse = (status: number, message: string) =>
      send(status, {
        error: {
          code: 'Base.1.8.GeneralError',
          message: 'See @Message.ExtendedInfo for more information.',
          '@Message.ExtendedInfo': [{ MessageId: 'Base.1.8.GeneralError', Message: message }],
        },
      });
    const odata = request.headers['odata-version'];
    if (odata !== undefined && odata !== '4.0') return refuse(412, 'OData-Version');
    if (method === 'GET' && (path === '/redfish/v1/' || path === '/redfish/v1')) return send(200, root);
    let body: Json = {};
    if (method === 'POST' || method === 'PATCH') {
      if (request.headers['content-type']?.split(';')[0] !== 'application/json')
        return refuse(415, 'not JSON');
      try {
        body = JSON.parse(text);
      } catch {
        return refuse(400, 'MalformedJSON');
      }
    }
    if (withSessions && method === 'POST' && path === '/redfish/v1/SessionService/Sessions') {
      if (body['UserName'] !== options.user || body['Password'] !== options.password)
        return refuse(401, 'The credentials are not valid.');
      const token = `token-${version++}`;
      sessions.add(token);
      const at = `/redfish/v1/SessionService/Sessions/${token}`;
      return send(201, link(at), { 'X-Auth-Token': token, Location: at });
    }
    if (!allowedIn(request)) return refuse(401, 'No valid session.');
    if (method === 'DELETE' && path.startsWith('/redfish/v1/SessionService/Sessions/'))
      return send(sessions.delete(path.split('/').at(-1) ?? '') ? 204 : 404);
    const waits = tasks.get(path);
    if (waits !== undefined) {
      tasks.set(path, waits - 1);
      return waits > 0 ? send(202, undefined, { Location: path }) : send(204);
    }
    const found = resources()[path.replace(/\/$/, '')];
    if (method === 'GET') {
      if (next && path === '/redfish/v1/Systems/1') {
        next.looks -= 1;
        if (next.looks <= 0) {
          state.power = next.power;
          next = undefined;
        }
      }
      return found ? send(200, found, { ETag: `W/"${version}"` }) : refuse(404, `no resource ${path}`);
    }
    if (method === 'PATCH') {
      if (path !== '/redfish/v1/Systems/1') return refuse(405, 'not to be changed');
      if (options.etags && request.headers['if-match'] === undefined)
        return refuse(428, 'PreconditionRequired');
      if (options.etags && request.headers['if-match'] !== `W/"${version}"`)
        return refuse(412, 'PreconditionFailed');
      const wrong = wrongBoot(body);
      if (wrong) return refuse(400, wrong);
      version += 1;
      Object.assign(state.boot, body['Boot']);
      log.push(`PATCH ${path} ${text}`);
      return send(200, resources()[path]);
    }
    if (method !== 'POST') return refuse(405, method);
    const wrong = act(path, body);
    if (wrong) return refuse(wrong === 'no such action' ? 404 : 400, wrong);
    version += 1;
    log.push(`POST ${path} ${text}`);
    if (!options.tasks) return send(204);
    const monitor = `/redfish/v1/TaskService/TaskMonitors/${version}`;
    tasks.set(monitor, 1);
    send(202, { '@odata.id': `/redfish/v1/TaskService/Tasks/${version}` }, { Location: monitor });
  };

  const take = (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    request.on('end', () => answer(request, response, text));
  };
  const server = options.tls
    ? createServer({ cert: options.tls.certificate, key: options.tls.key }, take)
    : createHttpServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http${options.tls ? 's' : ''}://127.0.0.1:${port}`,
    log,
    state,
    sessions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Properties that a schema does not have, or values that it does not allow, are refused. */
function onlyKnown(body: Json, known: Record<string, (value: unknown) => boolean>): string | undefined {
  for (const [name, value] of Object.entries(body)) {
    const fits = known[name];
    if (!fits) return `PropertyUnknown: ${name}`;
    if (!fits(value)) return `PropertyValueNotInList: ${name}`;
  }
  return undefined;
}

function wrongBoot(body: Json): string | undefined {
  const unknown = onlyKnown(body, { Boot: (value) => typeof value === 'object' && value !== null });
  if (unknown) return unknown;
  return onlyKnown(
    { ...(body['Boot'] as Json) },
    {
      BootSourceOverrideEnabled: (value) => ['Disabled', 'Once', 'Continuous'].includes(String(value)),
      BootSourceOverrideTarget: (value) => TARGETS.includes(String(value)),
      BootSourceOverrideMode: (value) => ['Legacy', 'UEFI'].includes(String(value)),
    },
  );
}

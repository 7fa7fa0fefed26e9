/**
 * Asks Strapi's own REST API in this process, as a reader, what he would be shown. The request goes
 * through the whole stack (the site's middlewares, Strapi's strategies, route policies, controller),
 * over no socket, and carries no key: who it is from is known by the request object itself, which
 * nothing that comes over a socket can be.
 */

import { AsyncResource } from 'node:async_hooks';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Core } from '@strapi/strapi';
import { readerFromAuth, readerKey, type Reader } from './reader';

export interface DryRunAnswer {
  status: number;
  body: unknown;
  /** False where no route answers this path. */
  hasRoute: boolean;
  /** Whether the reader's role or token has an action; true where that is not asked of him. */
  holds(action: string): boolean;
}

export interface DryRuns {
  /** False until Strapi's routes are there. */
  isReady(): boolean;
  /**
   * @param path with its query, as on the wire
   * @returns `null` when Strapi would not take the request for this reader's (blocked, expired, another role by now)
   */
  get(path: string, reader: Reader): Promise<DryRunAnswer | null>;
}

type Application = Core.Strapi['server']['app'];
type Context = ReturnType<Application['createContext']>;

interface Jwt {
  getToken(context: { req: object }): unknown;
}

interface ApiTokens {
  getById(id: number): Promise<unknown>;
  getByAccessKey(hash: string, options?: object): Promise<unknown>;
}

interface ServiceRegistry {
  extend<Service>(uid: string, extendFn: (service: Service) => Service): void;
}

interface Auth {
  ability?: { can(action: string): boolean } | null;
}

/**
 * Shown where a key would be: a cache in the stack must not take a user's answer for Public's.
 * It opens nothing.
 */
const NO_KEY = 'Bearer in-process';

const readers = new WeakMap<object, Reader>();

/** True inside of a dry run: its answer is seen by nobody, and must not lead to another question. */
export function isDryRun(context: { req: object } | undefined): boolean {
  return context !== undefined && readers.has(context.req);
}

/** Call in register. */
export function createDryRuns(strapi: Core.Strapi, publicUrl: string): DryRuns {
  const { app } = strapi.server;
  const router: unknown = strapi.server.router;
  const { host, protocol } = new URL(publicUrl);
  identify(strapi);

  function request(path: string, reader: Reader): IncomingMessage {
    const socket = Object.assign(new Socket(), { encrypted: protocol === 'https:' });
    const req = Object.assign(new IncomingMessage(socket), { method: 'GET', url: path });
    // No address: a rule that goes by addresses cannot be asked about one that is not known.
    req.headers = { host, accept: 'application/json' };
    if (reader.kind !== 'public') req.headers.authorization = NO_KEY;
    readers.set(req, reader);
    return req;
  }

  async function run(path: string, reader: Reader): Promise<DryRunAnswer | null> {
    const req = request(path, reader);
    const res = new ServerResponse(req);
    res.statusCode = 404; // as Koa begins
    const context = app.createContext(req, res);
    try {
      await through(app, context);
    } finally {
      req.destroy();
      res.destroy();
    }
    return isTakenFor(reader, context) ? answerOf(context) : null;
  }

  return {
    // What the router gives to Koa when Strapi mounts it.
    isReady: () => app.middleware.some((step) => 'router' in step && step.router === router),
    // Outside of whatever transaction the question came from.
    get: AsyncResource.bind(run),
  };
}

/** Strapi's strategies go on judging by themselves; they are only told who asks. */
function identify(strapi: Core.Strapi): void {
  const services: ServiceRegistry = strapi.get('services');
  if ('users-permissions' in strapi.plugins) {
    services.extend<Jwt>('plugin::users-permissions.jwt', (service) => ({
      ...service,
      getToken(context) {
        const reader = readers.get(context.req);
        if (reader === undefined) return service.getToken(context);
        return reader.kind === 'user' ? { id: reader.userId } : null;
      },
    }));
  }
  services.extend<ApiTokens>('admin::api-token-content-api', (service) => ({
    ...service,
    async getByAccessKey(hash, options) {
      const request = strapi.requestContext.get()?.req;
      const reader = request === undefined ? undefined : readers.get(request);
      if (reader === undefined) return service.getByAccessKey(hash, options);
      return reader.kind === 'api-token' ? service.getById(reader.id) : null;
    },
  }));
}

/** As Koa does it, but the answer stays here. */
async function through({ middleware }: Application, context: Context): Promise<void> {
  const step = async (index: number): Promise<unknown> => {
    return (await middleware[index]?.(context, () => step(index + 1))) as unknown;
  };
  await step(0);
}

function isTakenFor(reader: Reader, { state }: Context): boolean {
  const { route, auth } = state as { route?: { config?: { auth?: unknown } }; auth?: unknown };
  // Without a route, or with one that asks nobody who he is, all readers are alike.
  if (route === undefined || route.config?.auth === false) return true;
  return readerKey(readerFromAuth(auth)) === readerKey(reader);
}

function answerOf({ status, body, state }: Context): DryRunAnswer {
  const { auth, route } = state as { auth?: Auth; route?: unknown };
  return {
    status,
    body,
    hasRoute: route !== undefined,
    holds: (action) => auth?.ability?.can(action) ?? true,
  };
}

// What balena's supervisor cannot be asked: who holds which lock, what happened, what happens.

import { z } from 'zod';
import { answers, object, text } from '../answers.js';
import type { Context, Server } from '../context.js';
import { body, requiredFlag } from '../fields.js';
import { opens } from '../keys.js';
import { asked } from '../request.js';
import { visible } from '../views.js';

const MOST = 10_000;

function locks(app: Server, { supervisor }: Context): void {
  const fleet = { type: 'object', description: 'the slot of the fleet, for the device key' };
  const all = { locks: { type: 'array', items: { type: 'object' } }, fleet };
  app.get(
    '/locks',
    {
      schema: {
        summary: 'Every lock, with verdict, holder, reason, age and evidence',
        response: answers({ 200: object('The locks', all) }),
      },
    },
    async (request) => {
      const found = await supervisor.locks();
      const { fleet } = visible(supervisor.status(), request.caller);
      const locks = found.filter(({ app }) => opens(request.caller, app));
      return { locks, ...(fleet && { fleet }) };
    },
  );
}

function status(app: Server, { supervisor }: Context): void {
  app.get(
    '/status',
    {
      schema: {
        summary:
          'Where each app stands, who is in the way of its update, and the slot of the fleet',
        response: answers({ 200: object('The status') }),
      },
    },
    (request) => visible(supervisor.status(), request.caller),
  );
}

function override(app: Server, { supervisor, metrics }: Context): void {
  const now = object('Whether it is on, and what says so');
  app.get(
    '/override',
    { schema: { summary: 'Whether locks are overridden', response: answers({ 200: now }) } },
    () => supervisor.override(),
  );
  app.put(
    '/override',
    {
      config: { deviceOnly: true },
      schema: {
        summary: 'Override all locks from now on, or respect them again',
        body: body({ on: requiredFlag }),
        response: answers({ 200: now }, 'invalid'),
      },
    },
    async (request) => {
      const { on } = request.body;
      await metrics.operation('override', () => {
        supervisor.setOverride(on, asked(request, false));
      });
      return supervisor.override();
    },
  );
}

function history(app: Server, { supervisor }: Context): void {
  app.get(
    '/history',
    {
      schema: {
        summary: 'The journal, the oldest entry first',
        querystring: z.object({ most: z.coerce.number().int().min(1).max(MOST).default(100) }),
        response: answers({ 200: object('The latest entries') }, 'invalid'),
      },
    },
    async ({ caller, query }) => {
      if (caller.app === undefined) return { entries: await supervisor.history(query.most) };
      const entries = await supervisor.history(MOST);
      return { entries: entries.filter(({ app }) => app === caller.app).slice(-query.most) };
    },
  );
}

function events(app: Server, { streams }: Context): void {
  app.get(
    '/events',
    {
      schema: {
        summary:
          'What happens, as it happens (server-sent events `journal`, `update`, `locks` and `fleet`)',
        response: answers({ 200: text('A stream') }, 'too-many-streams'),
      },
    },
    (request, reply) => {
      streams.open(request.raw, reply.raw, request.caller);
      reply.hijack();
    },
  );
}

function metrics(app: Server, { metrics: own }: Context): void {
  app.get(
    '/metrics',
    {
      config: { deviceOnly: true },
      schema: {
        summary: 'Counts for Prometheus',
        response: answers({ 200: text('Prometheus exposition format') }),
      },
    },
    async (_request, reply) => reply.type(own.contentType).send(await own.text()),
  );
}

export function ownRoutes(app: Server, context: Context): void {
  for (const add of [locks, status, override, history, events, metrics]) add(app, context);
}

// balena's v2: apps and services by name, and what runs.

import { z } from 'zod';
import { answers, object, SUCCESS, text } from '../answers.js';
import type { Context, Server } from '../context.js';
import { appParams, body, flag, imageId, name } from '../fields.js';
import { ApiError } from '../kinds.js';
import { asked, mustOpen, ok } from '../request.js';
import { appOf, serviceOf } from '../services.js';
import { applicationsState, stateStatus, visible } from '../views.js';

const forced = body({ force: flag });
const ofService = body({
  serviceName: name.optional(),
  imageId: imageId.optional(),
  force: flag,
});
const METHODS = {
  restart: 'restartService',
  stop: 'stopService',
  start: 'startService',
} as const;

function apps(app: Server, { supervisor, metrics }: Context): void {
  for (const action of ['restart', 'purge'] as const)
    app.post(
      `/v2/applications/:appId/${action}`,
      {
        schema: {
          summary: `${action === 'restart' ? 'Restart' : 'Empty the volumes of, and restart,'} an app, under its update locks`,
          params: appParams,
          body: forced,
          response: answers({ 200: text('OK') }, 'invalid', 'not-found', 'locked'),
        },
      },
      async (request, reply) => {
        const { appId } = request.params;
        mustOpen(request, appId);
        await metrics.operation(action, () => {
          appOf(supervisor, appId);
          return supervisor[action](appId, asked(request, request.body.force));
        });
        return ok(reply);
      },
    );
}

function services(app: Server, { supervisor, metrics }: Context): void {
  for (const action of ['restart', 'stop', 'start'] as const)
    app.post(
      `/v2/applications/:appId/${action}-service`,
      {
        schema: {
          summary: `${action[0]?.toUpperCase() ?? ''}${action.slice(1)} a service, named by serviceName or imageId`,
          params: appParams,
          body: ofService,
          response: answers({ 200: text('OK') }, 'invalid', 'not-found', 'locked'),
        },
      },
      async (request, reply) => {
        const { appId } = request.params;
        mustOpen(request, appId);
        await metrics.operation(`${action}-service`, () => {
          const service = serviceOf(supervisor, appId, request.body);
          const on = asked(request, request.body.force);
          return supervisor[METHODS[action]](appId, service.name, on);
        });
        return ok(reply);
      },
    );
}

function reading(app: Server, { supervisor, version }: Context): void {
  app.get(
    '/v2/version',
    { schema: { summary: 'The version', response: answers({ 200: SUCCESS }) } },
    () => ({ status: 'success', version }),
  );
  app.get(
    '/v2/state/status',
    {
      schema: {
        summary: 'What runs, and whether all of the target state is applied',
        response: answers({ 200: SUCCESS }),
      },
    },
    (request) => stateStatus(visible(supervisor.status(), request.caller)),
  );
  app.get(
    '/v2/applications/state',
    { schema: { summary: 'Services by app', response: answers({ 200: object('By app name') }) } },
    (request) => applicationsState(visible(supervisor.status(), request.caller)),
  );
}

function containerId(app: Server, { supervisor }: Context): void {
  app.get(
    '/v2/containerId',
    {
      schema: {
        summary: 'The id of the run of one service, or of all',
        querystring: z.object({ service: name.optional(), serviceName: name.optional() }),
        response: answers({ 200: SUCCESS }, 'invalid', 'not-found'),
      },
    },
    (request) => {
      const wanted = request.query.serviceName ?? request.query.service;
      const ids = new Map(
        visible(supervisor.status(), request.caller)
          .apps.flatMap((one) => one.services)
          .flatMap((one) => (one.instance ? [[one.name, one.instance.id] as const] : [])),
      );
      if (wanted === undefined) return { status: 'success', services: Object.fromEntries(ids) };
      const found = ids.get(wanted);
      if (found === undefined)
        throw new ApiError('not-found', 'Could not find service with that name');
      return { status: 'success', containerId: found };
    },
  );
}

export function v2(app: Server, context: Context): void {
  for (const add of [apps, services, reading, containerId]) add(app, context);
}

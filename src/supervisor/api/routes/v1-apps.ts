// balena's v1, what concerns one app: restart, purge, stop, start.

import { answers, object, text } from '../answers.js';
import type { Context, Server } from '../context.js';
import { appParams, body, flag, looseId } from '../fields.js';
import { ApiError } from '../kinds.js';
import { asked, mustOpen, ok } from '../request.js';
import { onlyService } from '../services.js';

const forced = body({ force: flag });
const ofApp = body({ appId: looseId, force: flag });

export function v1Apps(app: Server, { supervisor, metrics }: Context): void {
  app.post(
    '/v1/restart',
    {
      schema: {
        summary: 'Stop all services of an app and start them again, under its update locks',
        body: ofApp,
        response: answers({ 200: text('OK') }, 'invalid', 'not-found', 'locked'),
      },
    },
    async (request, reply) => {
      const { appId, force } = request.body;
      if (appId === undefined) throw new ApiError('invalid', 'Missing app id', { plain: true });
      mustOpen(request, appId);
      await metrics.operation('restart', () => supervisor.restart(appId, asked(request, force)));
      return ok(reply);
    },
  );
  app.post(
    '/v1/purge',
    {
      schema: {
        summary: 'As restart, with the volumes of the app emptied in between',
        body: ofApp,
        response: answers({ 200: object('Done') }, 'invalid', 'not-found', 'locked'),
      },
    },
    async (request) => {
      const { appId, force } = request.body;
      if (appId === undefined)
        throw new ApiError('invalid', 'Invalid or missing appId', { plain: true });
      mustOpen(request, appId);
      await metrics.operation('purge', () => supervisor.purge(appId, asked(request, force)));
      return { Data: 'OK', Error: '' };
    },
  );
  for (const action of ['stop', 'start'] as const)
    app.post(
      `/v1/apps/:appId/${action}`,
      {
        schema: {
          summary: `${action === 'stop' ? 'Stop' : 'Start'} the service of an app that has only one`,
          params: appParams,
          body: forced,
          response: answers(
            { 200: object('Done', { containerId: { type: 'string' } }) },
            'invalid',
            'not-found',
            'locked',
          ),
        },
      },
      async (request) => {
        const { appId } = request.params;
        mustOpen(request, appId);
        const instance = await metrics.operation(`${action}-service`, () => {
          const { name } = onlyService(supervisor, appId);
          return supervisor[`${action}Service`](appId, name, asked(request, request.body.force));
        });
        return { containerId: instance.id };
      },
    );
}

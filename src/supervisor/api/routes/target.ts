// The target state, read and set. It has the environments of all apps in it: only for the device key.

import { z } from 'zod';
import { answers, object, SUCCESS } from '../answers.js';
import type { Context, Server } from '../context.js';
import { flag } from '../fields.js';
import { asked } from '../request.js';

const posted = z.looseObject({ force: flag, local: z.unknown() });

export function targetRoutes(app: Server, context: Context): void {
  const { supervisor, metrics, parseTarget, formatTarget } = context;
  app.get(
    '/v2/local/target-state',
    {
      config: { deviceOnly: true },
      schema: {
        summary: 'What is to run',
        response: answers({ 200: object('The target state', { state: { type: 'object' } }) }),
      },
    },
    () => ({ status: 'success', state: formatTarget(supervisor.target()) }),
  );
  app.post(
    '/v2/local/target-state',
    {
      config: { deviceOnly: true },
      schema: {
        summary: 'Set what is to run; answers before it is applied',
        consumes: ['application/json'],
        body: posted,
        response: answers({ 200: SUCCESS }, 'invalid'),
      },
    },
    async (request) => {
      const { force, ...document } = request.body;
      await metrics.operation('target', () => {
        supervisor.setTarget(parseTarget(document), asked(request, force));
      });
      return { status: 'success', message: 'OK' };
    },
  );
}

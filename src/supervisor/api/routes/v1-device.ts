// balena's v1, what concerns the whole device. As with balena, any app's key may ask for it: apps in
// the field reboot their device and apply their update.

import { z } from 'zod';
import { answers, failed, object, text } from '../answers.js';
import type { Context, Server } from '../context.js';
import { body, flag, hostname } from '../fields.js';
import { ApiError } from '../kinds.js';
import { osVersion } from '../os-version.js';
import { opens } from '../keys.js';
import { asked, ok, unauthorized } from '../request.js';
import { device, visible } from '../views.js';

const forced = body({ force: flag });

function update(app: Server, { supervisor, metrics }: Context): void {
  app.post(
    '/v1/update',
    {
      schema: {
        summary: 'Apply the target state now; answers before that is done',
        description:
          '`force` overrides update locks for this one pass, also where one waits already; `cancel` first ends an apply that is on its way, where it waits. `noFleet` (the device key only) does without a slot of the fleet, for this one pass.',
        body: body({ force: flag, cancel: flag, noFleet: flag }),
        response: answers({ 204: { description: 'Asked for', type: 'null' } }),
      },
    },
    async (request, reply) => {
      const { force, cancel, noFleet } = request.body;
      if (noFleet && !opens(request.caller, undefined)) throw unauthorized();
      await metrics.operation('update', () => {
        supervisor.update({
          ...asked(request, force),
          ...(cancel && { cancel }),
          ...(noFleet && { noFleet }),
        });
      });
      return reply.code(204).send();
    },
  );
}

function power(app: Server, { supervisor, metrics }: Context): void {
  for (const action of ['reboot', 'shutdown'] as const)
    app.post(
      `/v1/${action}`,
      {
        config: { failure: 500 },
        schema: {
          summary: `${action === 'reboot' ? 'Reboot' : 'Shut down'}, under the update locks of all apps`,
          body: forced,
          response: answers(
            { 202: object('Asked for'), 500: failed('It was tried and failed') },
            'locked',
            'not-configured',
          ),
        },
      },
      async (request, reply) => {
        const { force } = request.body;
        await metrics.operation(action, () => supervisor[action](asked(request, force)));
        return reply.code(202).send({ Data: 'OK', Error: null });
      },
    );
}

function hostConfig(app: Server, { supervisor, metrics }: Context): void {
  app.get(
    '/v1/device/host-config',
    {
      schema: {
        summary: 'The configuration of the host',
        response: answers({ 200: object('As PATCH takes it') }),
      },
    },
    () => supervisor.hostConfig(),
  );
  app.patch(
    '/v1/device/host-config',
    {
      config: { plain: true },
      schema: {
        summary: 'Set the host name, under the update locks of all apps',
        body: body({
          network: z.looseObject({ hostname: hostname.optional() }).optional(),
          force: flag,
        }),
        response: answers({ 200: text('OK') }, 'invalid', 'locked', 'not-configured'),
      },
    },
    async (request, reply) => {
      const { network = {}, force } = request.body;
      const { hostname: wanted, ...other } = network;
      const [unknown] = Object.keys(other);
      if (unknown !== undefined)
        throw new ApiError('invalid', 'of the host, only network.hostname can be set here');
      if (wanted !== undefined)
        await metrics.operation('host-config', () =>
          supervisor.setHostname(wanted, asked(request, force)),
        );
      return ok(reply);
    },
  );
}

function about(app: Server, { supervisor, version }: Context): void {
  const os = osVersion();
  app.get(
    '/v1/device',
    {
      schema: {
        summary: 'The state of the device',
        response: answers({ 200: object('The state') }),
      },
    },
    (request) => {
      const port = request.socket.localPort ?? null;
      return device(visible(supervisor.status(), request.caller), { port, os, version });
    },
  );
}

export function v1Device(app: Server, context: Context): void {
  for (const add of [update, power, hostConfig, about]) add(app, context);
}

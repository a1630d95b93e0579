// The OpenAPI document says what the routes are; it is made from them.

import { expect, it } from 'vitest';
import { KINDS } from '../../../src/supervisor/api/kinds.js';
import { TestApi } from '../../helpers/api.js';

interface Operation {
  summary?: string;
  responses?: Record<string, { description?: string }>;
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required: boolean; content: Record<string, { schema: { properties?: object } }> };
}
interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: object };
}

const ROUTES = `
  GET /ping
  GET /v1/healthy
  POST /v1/update
  POST /v1/restart
  POST /v1/purge
  POST /v1/reboot
  POST /v1/shutdown
  POST /v1/apps/{appId}/stop
  POST /v1/apps/{appId}/start
  GET /v1/device
  GET /v1/device/host-config
  PATCH /v1/device/host-config
  GET /v2/state/status
  GET /v2/version
  GET /v2/containerId
  GET /v2/applications/state
  POST /v2/applications/{appId}/restart
  POST /v2/applications/{appId}/purge
  POST /v2/applications/{appId}/restart-service
  POST /v2/applications/{appId}/stop-service
  POST /v2/applications/{appId}/start-service
  GET /v2/local/target-state
  POST /v2/local/target-state
  GET /locks
  GET /status
  GET /override
  PUT /override
  GET /history
  GET /events
  GET /metrics
  GET /openapi.json`
  .trim()
  .split(/\n\s*/)
  .sort();

async function document(): Promise<Document> {
  const api = await TestApi.start();
  return JSON.parse((await api.ask('GET /openapi.json')).text) as Document;
}

function operations({ paths }: Document): [string, Operation][] {
  return Object.entries(paths).flatMap(([path, of]) =>
    Object.entries(of).map(([method, one]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      one,
    ]),
  );
}

it('has every route and no other', async () => {
  expect(
    operations(await document())
      .map(([route]) => route)
      .sort(),
  ).toEqual(ROUTES);
});

it('each route is there: none of them is answered 404 or 405 for its path or method', async () => {
  const api = await TestApi.start();
  for (const route of ROUTES) {
    const answer = await api.ask(route.replace('{appId}', '1'), { key: 'nobody' });
    expect([route, answer.status]).toEqual([
      route,
      /\/(?:ping|v1\/healthy)$/.test(route) ? 200 : 401,
    ]);
  }
});

it('is OpenAPI 3.1, and every operation has a summary, responses and its path parameters', async () => {
  const api = await document();
  expect(api.openapi).toBe('3.1.0');
  expect(api.info).toMatchObject({ title: 'lockbridge supervisor', version: '0.1.0' });
  for (const [route, { summary, responses = {}, parameters = [] }] of operations(api)) {
    expect([route, summary]).toEqual([route, expect.stringMatching(/./)]);
    expect([route, Object.keys(responses).some((status) => /^2\d\d$/.test(status))]).toEqual([
      route,
      true,
    ]);
    for (const one of Object.values(responses)) expect(one.description).toBeTypeOf('string');
    const inPath = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const told = parameters.filter((one) => one.in === 'path' && one.required);
    expect([route, told.map(({ name }) => name)]).toEqual([route, inPath]);
  }
});

it('every reference in it leads somewhere', async () => {
  const api = await document();
  const references = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
  expect(new Set(references)).toEqual(new Set(['#/components/schemas/Error']));
  expect(api.components.schemas).toHaveProperty('Error.properties.kind.enum', Object.keys(KINDS));
});

it('says which fields a body has, and that two routes need no key', async () => {
  const api = await document();
  const update = api.paths['/v1/update']?.['post']?.requestBody?.content['application/json'];
  expect(Object.keys(update?.schema.properties ?? {})).toEqual(['force', 'cancel', 'noFleet']);
  const needed = operations(api).filter(([, { requestBody }]) => requestBody?.required);
  expect(needed.map(([route]) => route).sort()).toEqual([
    'POST /v2/local/target-state',
    'PUT /override',
  ]);
  const open = operations(api).filter(([, { security }]) => security?.length === 0);
  expect(open.map(([route]) => route).sort()).toEqual(['GET /ping', 'GET /v1/healthy']);
});

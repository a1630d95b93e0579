// Malformed and hostile requests, as bytes: twenty classes of them, generated from a number, so that
// every run sends the same ones.

import { DEVICE_KEY, keyOf } from './memory-supervisor.js';

export interface Attack {
  /** What is sent, with pauses for the server to take a look in between. */
  bytes: Buffer[];
  /**
   * `answer`: the sending side is closed and the answer awaited; `hold`: it stays open until the
   * server ends it; `reset`: the connection breaks at once.
   */
  then: 'answer' | 'hold' | 'reset';
  /** What may be answered; a request that breaks off may also get nothing. */
  statuses: readonly number[];
  /** Whether no answer at all is right too. */
  silent?: true;
}

/** Uniform in [0, below). */
type Random = (below: number) => number;
type Class = (random: Random, index: number) => Attack;

// mulberry32: small, and the same everywhere.
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T;
}

function binary(random: Random, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(random(256))).join('');
}

const KEY = `Authorization: Bearer ${DEVICE_KEY}`;
const POSTS = [
  '/v1/update',
  '/v1/restart',
  '/v1/purge',
  '/v1/reboot',
  '/v1/shutdown',
  '/v1/apps/2/stop',
  '/v1/apps/2/start',
  '/v2/applications/1/restart',
  '/v2/applications/1/purge',
  '/v2/applications/1/restart-service',
  '/v2/applications/1/stop-service',
  '/v2/applications/1/start-service',
  '/v2/local/target-state',
];
const GETS = [
  '/v1/device',
  '/v1/device/host-config',
  '/v2/state/status',
  '/v2/version',
  '/v2/containerId',
  '/v2/applications/state',
  '/v2/local/target-state',
  '/locks',
  '/status',
  '/override',
  '/history',
  '/events',
  '/metrics',
  '/openapi.json',
];

function send(
  text: string | string[],
  statuses: readonly number[],
  more: Partial<Attack> = {},
): Attack {
  const bytes = [text].flat().map((one) => Buffer.from(one, 'latin1'));
  return { bytes, then: 'answer', statuses, ...more };
}

function request(line: string, headers: readonly string[], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...headers, '', body].join(
    '\r\n',
  );
}

function post(path: string, body: string, type = 'application/json'): string {
  const length = `Content-Length: ${String(Buffer.byteLength(body, 'latin1'))}`;
  return request(`POST ${path}`, [KEY, `Content-Type: ${type}`, length], body);
}

const badRequestLine: Class = (random, index) =>
  send(
    `${pick(random, [
      'GET',
      'GET /status',
      'GET /status HTTP/9.9',
      'GET /status HTTP/1.1 HTTP/1.1',
      'get /status HTTP/1.1',
      'GÉT /status HTTP/1.1',
      'GET /st atus HTTP/1.1',
      ' GET /status HTTP/1.1',
      'GET\t/status HTTP/1.1',
      'X'.repeat(1 + random(500)),
      `\x16\x03\x01${binary(random, 64)}`,
      `G${binary(random, 1 + random(200))}`,
      'PRI * HTTP/2.0',
      'POST http:///update',
    ])}\r\n${index % 2 === 0 ? 'Host: a\r\n' : ''}\r\n\r\n`,
    [400, 401, 431], // a line without a version is HTTP/0.9, and has no key
  );

const hugeHeaders: Class = (random) => {
  const size = 16_500 + random(40_000);
  const many = Array.from(
    { length: Math.ceil(size / 16) },
    (_, n) => `X-${String(n).padStart(8, '0')}: 12345678`,
  );
  const shape = pick(random, [
    [`X: ${'x'.repeat(size)}`],
    [`${'X'.repeat(size)}: x`],
    many,
    [`Cookie: ${'a=b;'.repeat(size / 4)}`],
  ]);
  return send(request(pick(random, ['GET /ping', 'POST /v1/update']), shape), [431]);
};

const smuggling: Class = (random) => {
  const hidden = request('POST /v1/update', [KEY, 'Content-Length: 0']);
  const length = `Content-Length: ${String(hidden.length)}`;
  const headers = pick(random, [
    [length, 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', length],
    [length, 'Content-Length: 0'],
    ['Content-Length: 0', length],
    ['Content-Length: 0, 0'],
    ['Content-Length: +0'],
    ['Content-Length: 0x10'],
    ['Content-Length: -1'],
    ['Content-Length:'],
    ['Content-Length : 4'],
    ['Transfer-Encoding: xchunked'],
    ['Transfer-Encoding: chunked, identity'],
    ['Transfer-Encoding : chunked'],
    ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
    ['Transfer-Encoding:\x0bchunked'],
    ['X: y\r\n Transfer-Encoding: chunked', length, 'Content-Length: 3'],
  ]);
  const target = pick(random, POSTS);
  const bare = request(`POST ${target}`, headers).replace('Connection: close\r\n', '');
  return send(`${bare}0\r\n\r\n${hidden}`, [400, 401]);
};

const truncated: Class = (random) => {
  const whole = post(
    pick(random, POSTS),
    JSON.stringify({ appId: 1, force: true, pad: 'x'.repeat(200) }),
  );
  return send(whole.slice(0, 4 + random(whole.length - 5)), [400], { silent: true });
};

const nulls: Class = (random) =>
  send(
    pick(random, [
      request('GET /sta\0tus', [KEY]),
      request('GET /status\0', [KEY]),
      request('GET /status', [`Authorization: Bearer ${DEVICE_KEY}\0`]),
      request('GET /status', ['X\0Y: z', KEY]),
      request('POST /v2/applications/1%00/restart', [KEY]),
      request('POST /v2/applications/%00/purge', [KEY]),
      request('GET /v2/containerId?service=%00', [KEY]),
      post('/v1/restart', '{"appId":"1\\u0000"}'),
      post('/v1/restart', '{"appId":1\0}'),
      post('/v2/applications/1/stop-service', '{"serviceName":"main\\u0000"}'),
      post('/v1/restart', 'appId=%00', 'application/x-www-form-urlencoded'),
      post('/v1/update', '\0'),
    ]),
    [400, 401, 404],
  );

const traversal: Class = (random) => {
  const dots = pick(random, [
    '../',
    '..%2f',
    '%2e%2e/',
    '..%5c',
    '..\\',
    '....//',
    '%252e%252e%252f',
    '..;/',
    './/',
  ]);
  const up = dots.repeat(1 + random(8));
  const target = pick(random, ['etc/passwd', 'v1/update', '', 'ping', 'updates.lock']);
  const path = pick(random, [
    `GET /${up}${target}`,
    `GET /v2/${up}${target}`,
    `POST /v2/applications/${up}${target}/restart`,
    `POST /v1/apps/${up}${target}/stop`,
    `GET /v2/containerId?service=${up}x/${target}`,
    `GET //127.0.0.1/${up}${target}`,
  ]);
  return send(request(path, [KEY]), [400, 404, 405]);
};

const deep: Class = (random) => {
  const depth = 1_000 + random(14_000);
  const [open, close] = pick(random, [
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  const nest = `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`.slice(
    0,
    65_000,
  );
  const broken = random(3) === 0;
  const bodies = [`{"force":${nest}}`, `{"appId":${nest}}`, `{"local":${nest}}`, nest];
  const [path, body] = pick(random, [
    ['/v1/update', bodies[0]],
    ['/v1/restart', bodies[1]],
    ['/v2/local/target-state', bodies[2]],
    ['/v2/applications/1/stop-service', bodies[3]],
  ] as const);
  return send(post(path, broken ? (body?.slice(0, -1) ?? '') : (body ?? '')), [400, 413]);
};

const prototypes: Class = (random) => {
  const key = pick(random, ['"__proto__"', '"\\u005f_proto__"', '"constructor"']);
  const value =
    key === '"constructor"'
      ? '{"prototype":{"force":true}}'
      : pick(random, ['{"force":true}', '[]', '{"appId":1}']);
  const inner = `{${key}:${value}}`;
  const body = pick(random, [
    inner,
    `{"x":${inner}}`,
    `{"force":false,${key}:${value}}`,
    `[${inner}]`,
    `{"local":{"apps":${inner}}}`,
  ]);
  return send(
    post(
      pick(random, POSTS),
      body,
      pick(random, ['application/json', 'application/x-www-form-urlencoded']),
    ),
    [400],
  );
};

// Every field with every kind of value that it is not.
const FIELDS: [route: string, field: (value: string) => string, right: readonly string[]][] = [
  ...POSTS.filter((path) => !/restart$|purge$|-service$|local/.test(path)).map(
    (path): [string, (value: string) => string, string[]] => [
      `POST ${path}`,
      (value) => `{"force":${value}}`,
      ['null', '1e400', '-1', '1.5', '""', '"\\ud800"'],
    ],
  ),
  [
    'POST /v1/update',
    (value) => `{"cancel":${value}}`,
    ['null', '1e400', '-1', '1.5', '""', '"\\ud800"'],
  ],
  ['POST /v1/restart', (value) => `{"appId":${value}}`, []],
  ['POST /v1/purge', (value) => `{"appId":${value}}`, []],
  ['POST /v2/applications/1/stop-service', (value) => `{"serviceName":${value}}`, []],
  ['POST /v2/applications/1/restart-service', (value) => `{"imageId":${value}}`, []],
  ['POST /v2/local/target-state', (value) => `{"local":${value}}`, []],
  ['PUT /override', (value) => `{"on":${value}}`, []],
  ['PATCH /v1/device/host-config', (value) => `{"network":${value}}`, ['{}']],
  ['PATCH /v1/device/host-config', (value) => `{"network":{"hostname":${value}}}`, []],
];
const VALUES = [
  'null',
  '{}',
  '[]',
  '[[]]',
  '{"a":{}}',
  '1e400',
  '-1',
  '1.5',
  '""',
  '"\\ud800"',
  `"${'x'.repeat(300)}"`,
  '[true]',
  '{"toString":1}',
];

const wrongTypes: Class = (_random, index) => {
  const [route, field, right] = FIELDS[index % FIELDS.length] as (typeof FIELDS)[number];
  const wrong = VALUES.filter((value) => !right.includes(value));
  const body = field(wrong[Math.floor(index / FIELDS.length) % wrong.length] ?? '{}');
  return send(post('/', body).replace('POST /', route), [400, 404]);
};

const slow: Class = (random, index) => {
  const whole = post('/v1/update', '{"force":true}');
  const sent = whole.slice(0, 1 + random(whole.length - 1));
  // Without its key it is refused as soon as its headers are there.
  return send(index % 2 === 0 ? sent : sent.replace(KEY, 'X: y'), [401, 408], { then: 'hold' });
};

const lengths: Class = (random) => {
  const length = pick(random, [
    '65537',
    '99999999',
    '9007199254740993',
    '18446744073709551615',
    '18446744073709551616',
    '9'.repeat(200),
    '1e9',
    '0.5',
    'NaN',
    '١',
  ]);
  return send(
    request(`POST ${pick(random, POSTS)}`, [KEY, `Content-Length: ${length}`], '{}'),
    [400, 413],
    { then: 'hold' },
  );
};

const methods: Class = (random) => {
  const method = pick(random, [
    'DELETE',
    'PUT',
    'OPTIONS',
    'HEAD',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'PURGE',
    'QUERY',
    'BREW',
    'GE',
    'M-SEARCH',
  ]);
  const path = pick(random, [...POSTS, ...GETS.filter((one) => one !== '/override')]);
  return send(
    request(`${method} ${path}`, [
      KEY,
      'Origin: http://evil.example',
      'Access-Control-Request-Method: POST',
    ]),
    [400, 404, 405],
  );
};

const repeated: Class = (random) =>
  send(
    pick(random, [
      request(`GET /status?apikey=${DEVICE_KEY}&apikey=${DEVICE_KEY}`, []),
      request(`GET /status?apikey[]=${DEVICE_KEY}`, []),
      request(`GET /status?apikey=x&apikey=${DEVICE_KEY}`, []),
      request('GET /history?most=1&most=2', [KEY]),
      request('GET /v2/containerId?service=main&service=side', [KEY]),
      request('GET /status', ['Authorization: Bearer x', KEY]),
      request('GET /status', ['Host: 127.0.0.1', KEY]),
      post('/v1/update', 'force=1&force=1', 'application/x-www-form-urlencoded'),
      post('/v1/restart', 'appId=1&appId=2', 'application/x-www-form-urlencoded'),
      post('/v1/update', '{"force":true,"force":{}}'),
      post(
        '/v1/update',
        `force[]=1&${'force=1&'.repeat(2_000)}`,
        'application/x-www-form-urlencoded',
      ),
    ]),
    [400, 401],
  );

const types: Class = (random) => {
  const type = pick(random, [
    'text/plain',
    'text/xml',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/jsonx',
    'application/ json',
    ';',
    'a',
    '*/*',
    'application/json/json',
    `text/${'x'.repeat(2_000)}`,
  ]);
  return send(
    post(pick(random, POSTS), pick(random, ['{"appId":1,"force":true}', 'appId=1', '<a/>']), type),
    [415],
  );
};

const hosts: Class = (random) => {
  const host = pick(random, [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'a.b',
    '[::1',
    '::1',
    '127.0.0.1:x',
    '127.0.0.1:999999',
    'a@127.0.0.1',
    'a b',
    '',
    '../x',
    '[fe80::1%25eth0]',
    '256.1.1.1',
    '0x7f.1',
  ]);
  return send(
    request(`GET ${pick(random, ['/ping', '/v1/healthy', ...GETS])}`, [KEY]).replace(
      '127.0.0.1',
      host,
    ),
    [400, 421],
  );
};

const encodings: Class = (random) => {
  const part = pick(random, [
    '%',
    '%z',
    '%zz',
    '%c0%af',
    '%ff%fe',
    '%u0041',
    '\xff\xfe',
    '%ed%a0%80',
    '%e2%80%ae',
    '%0d%0aX:%20y',
    'a'.repeat(256 + random(2_000)),
  ]);
  return send(
    request(
      `${pick(random, ['GET /', 'GET /status/', 'POST /v2/applications/', 'POST /v1/apps/'])}${part}${pick(random, ['', '/stop', '/restart'])}`,
      [KEY],
    ),
    [400, 404, 414],
  );
};

const keys: Class = (random, index) => {
  const key = pick(random, [
    '',
    'x',
    DEVICE_KEY.slice(0, -1),
    `${DEVICE_KEY}0`,
    DEVICE_KEY.toUpperCase(),
    keyOf('3'),
    keyOf(''),
    'undefined',
    'null',
    '[object Object]',
    '\xff'.repeat(64),
    'k'.repeat(10_000),
    `${DEVICE_KEY}, ${DEVICE_KEY}`,
  ]);
  const routes = [
    ...POSTS.map((path) => `POST ${path}`),
    ...GETS.map((path) => `GET ${path}`),
    'PUT /override',
    'GET /nothing',
  ];
  const route = routes[index % routes.length] ?? '';
  const scheme = pick(random, ['Bearer', 'ApiKey', 'Basic', 'Digest', '']);
  return send(request(route, [`Authorization: ${scheme} ${key}`]), [401]);
};

const chunks: Class = (random) => {
  const body = pick(random, [
    'ZZ\r\n{}\r\n0\r\n\r\n',
    'FFFFFFFFFFFFFFFFF\r\n{}',
    '-1\r\n{}\r\n0\r\n\r\n',
    '2\r\n{}XX0\r\n\r\n',
    '2\n{}\n0\n\n',
    `2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
    '0x2\r\n{}\r\n0\r\n\r\n',
    '1\r\n{\r\n0\r\n\r\n',
    ' 2\r\n{}\r\n0\r\n\r\n',
  ]);
  return send(
    request(
      `POST ${pick(random, ['/v1/update', '/v1/reboot'])}`,
      [KEY, 'Content-Type: application/json', 'Transfer-Encoding: chunked'],
      body,
    ),
    [400, 413],
    { silent: true },
  );
};

const large: Class = (random) => {
  const body = `{"force":"${'x'.repeat(65_536 + random(200_000))}"}`;
  const headers = [KEY, 'Content-Type: application/json'];
  const path = `POST ${pick(random, POSTS)}`;
  if (random(2) === 0)
    return send(
      request(path, [...headers, `Content-Length: ${String(body.length)}`], body),
      [413],
      { silent: true },
    );
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return send(request(path, [...headers, 'Transfer-Encoding: chunked'], chunked), [413], {
    silent: true,
  });
};

const oddities: Class = (random) =>
  send(
    pick(random, [
      request('GET /ping', ['Expect: a miracle']),
      request('GET /events', [
        'Upgrade: websocket',
        'Connection: upgrade',
        'Sec-WebSocket-Version: 13',
      ]),
      request('CONNECT 127.0.0.1:22', [KEY]),
      request('GET /status', [])
        .repeat(1 + random(20))
        .replaceAll('Connection: close\r\n', ''),
      request('GET http://evil.example/status', []),
      request('OPTIONS *', [KEY]),
      request('GET *', [KEY]),
      request('GET /status HTTP/1.0', []),
      request('GET /status', ['Connection: keep-alive, close, upgrade', 'TE: trailers']),
      request('GET /events', ['Last-Event-ID: 1', 'Accept: text/event-stream']),
    ]),
    [400, 401, 404, 405, 417],
    { silent: true },
  );

const resets: Class = (random) => {
  const whole =
    random(3) === 0
      ? request('GET /events', [KEY])
      : post('/v1/restart', '{"appId":9,"force":true}');
  const cut = 1 + random(whole.length);
  return send([whole.slice(0, cut), whole.slice(cut)], [], { then: 'reset', silent: true });
};

export const CLASSES: Readonly<Record<string, Class>> = {
  badRequestLine,
  hugeHeaders,
  smuggling,
  truncated,
  nulls,
  traversal,
  deep,
  prototypes,
  wrongTypes,
  slow,
  lengths,
  methods,
  repeated,
  types,
  hosts,
  encodings,
  keys,
  chunks,
  large,
  oddities,
  resets,
};

/** `count` attacks of a class, the same at every call. */
export function attacks(name: string, count: number): Attack[] {
  const make = CLASSES[name];
  if (make === undefined) throw new Error(`no class ${name}`);
  const random = randomFrom([...name].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7));
  return Array.from({ length: count }, (_, index) => make(random, index));
}

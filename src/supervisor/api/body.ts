// Bodies: JSON or urlencoded, also where the client does not say which, or says "form" and sends
// JSON, as `curl -d` does. An empty body is fine under any name.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse } from 'node:querystring';
import { ApiError } from './kinds.js';

const FORM = /^application\/x-www-form-urlencoded *(?:;|$)/i;
const JSON_TYPE = /^application\/json *(?:;|$)/i;

/** Makes the server read bodies so, and no others. */
export function readBodies(app: FastifyInstance): void {
  // Keys that would reach a prototype are errors, not silently dropped.
  const json = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    '*',
    { parseAs: 'string' },
    (request: FastifyRequest, text, done) => {
      const type = request.headers['content-type'];
      if (text.trim() === '') done(null, undefined);
      else if (type !== undefined && !FORM.test(type) && !JSON_TYPE.test(type))
        done(new ApiError('unsupported-media-type', 'the body must be JSON or a form'));
      else if ((type !== undefined && JSON_TYPE.test(type)) || /^\s*[[{]/.test(text))
        void json(request, text, done);
      else done(null, { ...parse(text) });
    },
  );
}
